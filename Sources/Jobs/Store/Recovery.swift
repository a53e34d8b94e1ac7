/// What was found of dead workers, whose jobs others go on with.
package struct Recovery: Sendable, Equatable {
  /// Jobs that were on their way and have no answer: they may have been billed.
  package var unknown: [Int] = []
  /// Jobs whose answers had been kept and not committed.
  package var recovered: [Int] = []
  /// Workers that were taken for dead.
  package var workers: [Int] = []

  package init() {}
}
