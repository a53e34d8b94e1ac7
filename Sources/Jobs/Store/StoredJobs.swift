/// What a batch knows of every job it has queued.
package struct StoredJobs: Sendable, Equatable {
  /// Where a job stands, as far as a changed input is concerned.
  package enum State: UInt8, Sendable {
    /// It has no result yet.
    case waiting
    case completed
    case failed
    /// It is cancelled or held.
    case suspended
    /// It is completed, and its line was gone from the input before.
    case kept
  }

  /// By the number of the job; nil for one of a batch whose format had no marks.
  package var marks: [JobMark?] = []
  /// By the number of the job.
  package var states: [State] = []

  package init() {}

  package init(marks: [JobMark?], states: [State]) {
    self.marks = marks
    self.states = states
  }

  /// False for a batch of an older format, whose jobs cannot be compared with an input.
  package var isMarked: Bool { marks.allSatisfy { $0 != nil } }

  /// Jobs into whose requests the settings of the run went, and how they stand.
  ///
  /// Of jobs without a mark nothing is known, so they count.
  package func prompts(_ state: State) -> [Int] {
    states.indices.filter { states[$0] == state && marks[$0]?.isPrompt ?? true }
  }
}
