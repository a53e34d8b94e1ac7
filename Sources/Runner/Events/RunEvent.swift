package import Jobs
package import KeySources

/// Something that happened in a run, for progress, logs and metrics.
package enum RunEvent: Sendable {
  /// Jobs were found in the input.
  case jobsRead(Int)
  /// The whole input has been read.
  case inputComplete
  /// A request left.
  case sent
  /// A request is over, however it ended.
  case returned
  /// A job will be tried again, for the reason given.
  case retry(job: String, Refusal)
  /// The provider asked an account to slow down.
  case rateLimited(account: String, wait: Duration?)
  /// An account cannot be used until something changes.
  case parked(account: String, reason: String)
  /// A parked account is in use again.
  case resumed(account: String)
  /// Something happened to an account's keys.
  case key(account: String, KeyEvent)
  /// Two accounts turned out to belong to one organisation, whose limits they share.
  case sharedOrganisation(account: String, other: String)
  /// How the accounts stand, about once a second.
  case accounts(AccountsReport)
  /// Results are durable.
  case committed(completed: Int, failed: Int, inputTokens: Int, outputTokens: Int)
  /// What the batch has cost so far, and the most that it may.
  case spent(USD, budget: USD?)
  /// Where a batch stands that others work on too.
  case stands(BatchSummary)
  /// A worker died, and this is what it left behind.
  case takenOver(Recovery)
  /// This worker was away for longer than its lease, so that others took its jobs over.
  case lostLease
  /// Another program keeps the batch from everybody, and the run waits for it.
  case locked(LockWait)
  /// The batch was paused, or goes on.
  case paused(Bool)
  /// The provider's answer to a job held the key, which was cut out of the result.
  case redacted(job: String)
  /// An answer says that it used more than its request can have; so much was booked for it.
  case disbelieved(job: String, Usage, booked: USD?)
  /// A results file was changed by somebody while the run wrote it, and is whole again.
  case repaired(String)
  /// A job failed for good.
  case failed(job: String, Refusal)
}

/// Takes events as they happen; called from many threads, so it must be quick.
package protocol EventSink: Sendable {
  func record(_ event: RunEvent)
}

/// Passes events on to several sinks.
package struct EventFan: EventSink {
  private let sinks: [any EventSink]

  package init(_ sinks: [any EventSink]) {
    self.sinks = sinks
  }

  package func record(_ event: RunEvent) {
    for sink in sinks { sink.record(event) }
  }
}
