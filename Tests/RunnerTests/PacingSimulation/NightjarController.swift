import Runner
import TestSupport

/// Ours: the runner's own account, asked and told as a run does it.
struct NightjarController: PacingController {
  private let epoch = ContinuousClock.now
  private let retries = RetryPolicy()
  private(set) var account: AccountState
  /// Of the requests in flight, by their place.
  private var grants: [AccountState.Grant?] = []
  private var jobs = 0
  private var random: SeededGenerator

  init(limits: RateLimits, charges: ChargeModel, inFlightGuess: Int, seed: UInt64) {
    account = AccountState(
      limits: limits,
      charges: charges,
      inFlightGuess: inFlightGuess,
      at: epoch
    )
    random = SeededGenerator(seed: seed)
  }

  private func instant(_ seconds: Double) -> ContinuousClock.Instant {
    epoch + .nanoseconds(Int(seconds * 1e9))
  }

  mutating func departure(of job: SimulatedJob, place: Int, at now: Double) -> Departure {
    let shape = RequestShape(maxTokens: Int(job.maxTokens), bytes: job.bytes)
    switch account.admit(shape, at: instant(now)) {
    case .granted(let grant):
      while grants.count <= place { grants.append(nil) }
      grants[place] = grant
      return .leaves
    case .wait(let until):
      // The pool does not look again before.
      return .waits(until: max((until - epoch).seconds, now + 0.001))
    case .closed: return .waits(until: .infinity)
    }
  }

  mutating func answered(
    _ job: SimulatedJob,
    place: Int,
    sighting: LimitSighting,
    at now: Double
  ) {
    guard let grant = grants[place] else { return }
    let usage = Usage(inputTokens: Int(job.inputTokens), outputTokens: Int(job.outputTokens))
    let elapsed = instant(now) - grant.sentAt
    _ = end(grant, .answered(usage: usage, elapsed: elapsed), sighting, at: now)
  }

  mutating func limited(
    _ job: SimulatedJob,
    place: Int,
    _ refusal: RateLimitRefusal,
    at now: Double
  ) -> Retry {
    guard let grant = grants[place] else { return .queues }
    let wait = refusal.retryAfter.map { Duration.seconds($0) }
    _ = end(grant, .paced(.limit(refusal.meter), wait: wait), refusal.sighting, at: now)
    return .queues
  }

  mutating func unavailable(
    _ job: SimulatedJob,
    place: Int,
    retryAfter: Double?,
    at now: Double
  ) -> Retry {
    guard let grant = grants[place] else { return .queues }
    let wait = retryAfter.map { Duration.seconds($0) }
    jobs += 1
    let verdict = end(
      grant,
      .failed(.overload, wait: wait, answered: true, isAboutRequest: false),
      at: now
    )
    let delay = retries.delay(after: job.failures, asked: wait, random: random.uniform())
    let earliest = verdict.retryAt.map { ($0 - epoch).seconds - now } ?? 0
    return .queuesAfter(max(delay.seconds, earliest))
  }

  private mutating func end(
    _ grant: AccountState.Grant,
    _ end: RequestEnd,
    _ sighting: LimitSighting = .nothing,
    at now: Double
  ) -> EndVerdict {
    let chance = random.uniform()
    return account.ended(
      grant,
      end,
      job: jobs,
      sighting: sighting,
      at: instant(now),
      random: chance
    )
  }
}
