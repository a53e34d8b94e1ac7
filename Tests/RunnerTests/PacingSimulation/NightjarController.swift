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
    let time = instant(now)
    _ = account.answered(
      grant,
      usage: usage,
      elapsed: time - grant.sentAt,
      sighting: sighting,
      at: time
    )
  }

  mutating func limited(
    _ job: SimulatedJob,
    place: Int,
    _ refusal: RateLimitRefusal,
    at now: Double
  ) -> Retry {
    guard let grant = grants[place] else { return .queues }
    account.paced(
      grant,
      for: .limit(refusal.meter),
      wait: refusal.retryAfter.map { .seconds($0) },
      sighting: refusal.sighting,
      at: instant(now),
      random: random.uniform()
    )
    return .queues
  }

  mutating func unavailable(_ job: SimulatedJob, place: Int, at now: Double) -> Retry {
    guard let grant = grants[place] else { return .queues }
    let time = instant(now)
    jobs += 1
    _ = account.failed(
      grant,
      job: jobs,
      cause: .overload,
      answered: true,
      isAboutRequest: false,
      at: time,
      random: random.uniform()
    )
    let delay = retries.delay(after: job.failures, asked: nil, random: random.uniform())
    let earliest = account.nextRetry(at: time)
    return .queuesAfter(max(delay, earliest - time).seconds)
  }
}
