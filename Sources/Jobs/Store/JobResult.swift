/// The one recorded end of a job.
package struct JobResult: Sendable {
  /// How a job ended.
  package enum State: Int, Sendable {
    case completed = 1
    case failed = 2
  }

  /// Zero-based number of the job in its batch.
  package let job: Int
  package let state: State
  package let line: OutputLine
  package let inputTokens: Int
  package let outputTokens: Int
  /// What the answer costs; nil where that is unknown.
  package let cost: USD?
  /// True when the job may have waited for another attempt.
  package let hasRetried: Bool
  /// Why it ended so, in a word by which results are counted and found: the code of a failure, the
  /// finish reason of an answer; nil for an answer that came to its natural end.
  package let cause: String?
  /// The hash of the document that was sent, which may have been edited since it was queued; nil for a
  /// job that has none.
  package let document: UInt64?

  /// The most characters of a cause; a longer one is cut.
  package static let longestCause = 60

  package init(
    job: Int,
    state: State,
    line: OutputLine,
    inputTokens: Int = 0,
    outputTokens: Int = 0,
    cost: USD? = nil,
    hasRetried: Bool = false,
    cause: String? = nil,
    document: UInt64? = nil
  ) {
    self.job = job
    self.state = state
    self.line = line
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.cost = cost
    self.hasRetried = hasRetried
    self.cause = cause.map { String($0.unicodeScalars.prefix(Self.longestCause)) }
    self.document = document
  }
}

/// A result as it lies in the store.
package struct StoredResult: Sendable {
  /// Position in the order of commits; exports follow it.
  package let sequence: Int
  package let job: Int
  package let state: JobResult.State
  package let line: OutputLine
  /// False where the disk, or somebody, has changed it since, as far as that is known: a database does
  /// not notice that by itself.
  package let isAsStored: Bool

  /// Bytes of lines after which a page of results ends, however few they are.
  static let pageBytes = 16 << 20

  package init(
    sequence: Int,
    job: Int,
    state: JobResult.State,
    line: OutputLine,
    isAsStored: Bool = true
  ) {
    self.sequence = sequence
    self.job = job
    self.state = state
    self.line = line
    self.isAsStored = isAsStored
  }
}

/// A job that waits for another attempt.
package struct RetryableJob: Sendable, Equatable {
  package let job: Int
  /// Errors charged to the job so far.
  package let attempts: Int
  /// Not to be sent before this time, milliseconds since 1970.
  package let notBefore: Int
  /// Why it waits, in the provider's words.
  package let reason: String

  package init(job: Int, attempts: Int, notBefore: Int, reason: String) {
    self.job = job
    self.attempts = attempts
    self.notBefore = notBefore
    self.reason = reason
  }

  /// The longest wait for a time that another process noted, milliseconds.
  ///
  /// The clock may have been set back since; a provider that wants a longer wait says so again.
  private static let longestWait = 3_600_000

  /// How long it still waits, milliseconds, at most an hour.
  ///
  /// - Parameter now: milliseconds since 1970.
  package func wait(at now: Int) -> Int { Self.wait(until: notBefore, at: now) }

  static func wait(until time: Int, at now: Int) -> Int { max(0, min(time - now, longestWait)) }
}

/// Jobs that wait for the time of their next attempt.
package struct DelayedCount: Sendable, Equatable {
  package var jobs = 0
  /// When the first of them is sent again, milliseconds since 1970; nil where there is none.
  package var next: Int?

  package init(jobs: Int = 0, next: Int? = nil) {
    self.jobs = jobs
    self.next = next
  }
}
