/// A cause that results have in common.
package struct ResultCause: Sendable, Equatable {
  package let state: JobResult.State
  /// See ``JobResult/cause``.
  package let cause: String
  /// How many results have it.
  package let jobs: Int
  /// The line of the first of them.
  package let example: [UInt8]

  package init(state: JobResult.State, cause: String, jobs: Int, example: [UInt8]) {
    self.state = state
    self.cause = cause
    self.jobs = jobs
    self.example = example
  }
}
