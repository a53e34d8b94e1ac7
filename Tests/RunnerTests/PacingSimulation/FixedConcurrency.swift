import Runner
import TestSupport

/// As many calls at a time as a number says, each in a loop of full jitter: what most scripts do.
struct FixedConcurrency: PacingController {
  let most: Int
  private var inFlight = 0
  private var random: SeededGenerator

  init(most: Int = 300, seed: UInt64) {
    self.most = most
    random = SeededGenerator(seed: seed)
  }

  mutating func departure(of job: SimulatedJob, place: Int, at now: Double) -> Departure {
    guard inFlight < most else { return .waits(until: .infinity) }
    inFlight += 1
    return .leaves
  }

  mutating func answered(
    _ job: SimulatedJob,
    place: Int,
    sighting: LimitSighting,
    at now: Double
  ) {
    inFlight -= 1
  }

  mutating func limited(
    _ job: SimulatedJob,
    place: Int,
    _ refusal: RateLimitRefusal,
    at now: Double
  ) -> Retry {
    .leavesAfter(fullJitter(failures: job.failures, cap: 60, &random))
  }

  mutating func unavailable(
    _ job: SimulatedJob,
    place: Int,
    retryAfter: Double?,
    at now: Double
  ) -> Retry {
    .leavesAfter(fullJitter(failures: job.failures, cap: 60, &random))
  }
}

/// Uniform between nothing and a bound that doubles from one second on.
func fullJitter(failures: Int, cap: Double, _ random: inout SeededGenerator) -> Double {
  random.uniform(0...min(cap, Double(1 << min(failures - 1, 16))))
}
