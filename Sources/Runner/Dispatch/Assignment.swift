package import Jobs
package import KeySources

/// All that a slot needs to send one job, put together before the slot sees any of it.
package final class Assignment: Sendable {
  package let job: Job
  /// Which of the run's accounts it goes to.
  package let account: Int
  package let grant: AccountState.Grant
  /// The key, on loan until the request has ended.
  package let key: KeyLease
  /// The most that the request may cost; zero without a budget.
  package let reserved: USD
  /// What was asked for, which ``reserved`` may have raised.
  let worst: USD

  init(
    job: Job,
    account: Int,
    grant: AccountState.Grant,
    key: KeyLease,
    reserved: USD,
    worst: USD
  ) {
    self.worst = worst
    self.job = job
    self.account = account
    self.grant = grant
    self.key = key
    self.reserved = reserved
  }

  /// The same with another bound on what the job's request can cost.
  func priced(_ worst: USD?) -> Assignment {
    var job = job
    job.worst = worst
    return Assignment(
      job: job,
      account: account,
      grant: grant,
      key: key,
      reserved: reserved,
      worst: self.worst
    )
  }
}

/// What a free slot gets to do.
package enum SlotWork: Sendable {
  case send(Assignment)
  /// No account serves the job's model, so it fails.
  case refuse(Job)
}

/// How the attempt at a job ended.
package struct AttemptEnd: Sendable {
  /// What came of it; nil when it was cut off by us.
  package var outcome: Outcome?
  /// False when the request certainly never reached the provider.
  package var mayHaveLeft = true
  /// From its leaving to the end of its answer.
  package var elapsed = Duration.zero
  /// Whether any answer came, even a bad one.
  package var isAnswered = false
  /// False for signs of an outage, such as an unreachable host.
  package var isAboutRequest = true
  /// Whether the connection broke before the request could leave, as another one may not.
  package var isBroken = false
  /// What the answer says about the account's limits.
  package var sighting = LimitSighting.nothing
  /// Where its request went.
  package var url = ""
  /// What it was billed for.
  package var billed = Billed.nothing
  /// Bytes of the answer, held until its result is committed or kept.
  package var bytes = 0
  /// For how long the provider says that the account may not be used; nil where it does not.
  package var parkedFor: Duration?
  /// Whether another key can be used at once in place of one that was refused.
  package var hasOtherKey = false

  package init(outcome: Outcome?) {
    self.outcome = outcome
  }
}

/// What becomes of a job whose attempt has ended.
package enum JobVerdict: Sendable {
  /// Its result is to be recorded, and then told by ``DispatchState/Event/finished(_:)``.
  case settle
  /// It is in line again; no attempt was charged.
  case again
  /// It is to be noted, and then told by ``DispatchState/Event/later(_:at:)``.
  case later(Job, at: ContinuousClock.Instant)
  /// No further attempt will help: its failure is to be recorded.
  case exhausted(Job)
}
