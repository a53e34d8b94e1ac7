/// A cause that results have in common.
package struct ResultCause: Sendable, Equatable {
  package let state: JobResult.State
  /// See ``JobResult/cause``.
  package let cause: String
  /// How many results have it.
  package let jobs: Int
  /// The number of the job that is the first of them, from 0.
  package let job: Int
  /// Its line.
  package let example: [UInt8]

  package init(state: JobResult.State, cause: String, jobs: Int, job: Int, example: [UInt8]) {
    self.job = job
    self.state = state
    self.cause = cause
    self.jobs = jobs
    self.example = example
  }
}
