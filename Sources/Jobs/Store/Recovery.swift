/// What was found in a batch when it was opened: of dead workers, whose jobs others go on with, and of
/// another input.
package struct Recovery: Sendable, Equatable {
  /// Jobs that were on their way and have no answer: they may have been billed.
  package var unknown: [Int] = []
  /// The most that their requests may have cost, and others of dead workers that got no answer.
  package var unanswered = USD.zero
  /// Jobs whose answers had been kept and not committed.
  package var recovered: [Int] = []
  /// Workers that were taken for dead.
  package var workers: [Int] = []
  /// The path of the input of which nothing had been sent, and in whose place another one came.
  package var replacedInput: String?

  package init() {}
}
