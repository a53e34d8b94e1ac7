import Runner

/// What a client says to a job that wants to leave.
enum Departure {
  case leaves
  /// Ask again at this time, or when something came back.
  case waits(until: Double)
}

/// What a client does with a job that was refused.
enum Retry {
  /// It waits among the others, before those that were never sent.
  case queues
  /// It comes back after these seconds and asks to leave.
  case queuesAfter(Double)
  /// It keeps its place and leaves after these seconds without asking, as a loop around a call does.
  case leavesAfter(Double)
}

/// A refusal for want of capacity: 429.
struct RateLimitRefusal {
  /// The limit that it names.
  let meter: Meter?
  /// Seconds.
  let retryAfter: Double?
  let sighting: LimitSighting
}

/// What decides when requests leave: a pure value; times are seconds since the run began.
///
/// A request is known by the place that it has in flight; a job that comes back has its failure
/// counted already.
protocol PacingController {
  mutating func departure(of job: SimulatedJob, place: Int, at now: Double) -> Departure
  mutating func answered(
    _ job: SimulatedJob,
    place: Int,
    sighting: LimitSighting,
    at now: Double
  )
  mutating func limited(
    _ job: SimulatedJob,
    place: Int,
    _ refusal: RateLimitRefusal,
    at now: Double
  ) -> Retry
  /// 503, 529 and their kin: the provider has more to do than it can; `retryAfter` in seconds.
  mutating func unavailable(
    _ job: SimulatedJob,
    place: Int,
    retryAfter: Double?,
    at now: Double
  ) -> Retry
}
