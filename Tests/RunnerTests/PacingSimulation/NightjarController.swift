import Runner

/// Ours: the runner's own pacer, fed as a run feeds it.
struct NightjarController: PacingController {
  private let epoch = ContinuousClock.now
  private var pacer: Pacer
  private var costs: [Cost?] = []
  private var random: SplitMix

  init(limits: Metered<Double?>, expectedOutput: Double, seed: UInt64) {
    let limits = RateLimits(
      requestsPerMinute: limits.requests.map { Int($0) },
      inputTokensPerMinute: limits.inputTokens.map { Int($0) },
      outputTokensPerMinute: limits.outputTokens.map { Int($0) }
    )
    pacer = Pacer(limits: limits, expectedOutput: expectedOutput, at: epoch)
    random = SplitMix(state: seed)
  }

  private func instant(_ seconds: Double) -> ContinuousClock.Instant {
    epoch + .seconds(seconds)
  }

  mutating func departure(of job: SimulatedJob, place: Int, at now: Double) -> Departure {
    let earliest = pacer.earliest(at: instant(now))
    guard earliest <= instant(now) else { return .waits(until: (earliest - epoch).seconds) }
    let (cost, _) = pacer.reserve(inputTokens: Double(job.bytes) / 4, at: instant(now))
    while costs.count <= place { costs.append(nil) }
    costs[place] = cost
    return .leaves
  }

  mutating func answered(
    _ job: SimulatedJob,
    place: Int,
    sighting: LimitSighting,
    at now: Double
  ) {
    guard let cost = costs[place] else { return }
    pacer.settle(
      cost,
      with: Cost(inputTokens: job.inputTokens, outputTokens: job.outputTokens)
    )
  }

  mutating func limited(
    _ job: SimulatedJob,
    place: Int,
    _ refusal: Refusal,
    at now: Double
  ) -> Retry {
    if let cost = costs[place] { pacer.giveBack(cost) }
    pacer.refused(
      for: refusal.retryAfter.map { .seconds($0) },
      at: instant(now),
      random: random.uniform()
    )
    return .queues
  }

  mutating func unavailable(_ job: SimulatedJob, place: Int, at now: Double) -> Retry {
    .queuesAfter(1)
  }
}
