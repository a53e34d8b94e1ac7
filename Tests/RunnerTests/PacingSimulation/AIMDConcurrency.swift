import Runner

/// The additive increase, multiplicative decrease of Netflix's concurrency-limits
/// (`AIMDLimit.java`): one more for an answer while half of the limit is in use, a tenth less for a
/// refusal.
struct AIMDConcurrency: PacingController {
  private var limit = 20.0
  private var inFlight = 0

  mutating func departure(of job: SimulatedJob, place: Int, at now: Double) -> Departure {
    guard inFlight < Int(limit) else { return .waits(until: .infinity) }
    inFlight += 1
    return .leaves
  }

  mutating func answered(
    _ job: SimulatedJob,
    place: Int,
    sighting: LimitSighting,
    at now: Double
  ) {
    if Double(inFlight * 2) >= limit { limit = min(1_000, limit + 1) }
    inFlight -= 1
  }

  mutating func limited(
    _ job: SimulatedJob,
    place: Int,
    _ refusal: RateLimitRefusal,
    at now: Double
  ) -> Retry {
    drop()
  }

  mutating func unavailable(
    _ job: SimulatedJob,
    place: Int,
    retryAfter: Double?,
    at now: Double
  ) -> Retry {
    drop()
  }

  private mutating func drop() -> Retry {
    limit = max(1, limit * 0.9)
    inFlight -= 1
    return .queues
  }
}
