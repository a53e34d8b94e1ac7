import Foundation
import Runner
import TestSupport

/// The official SDKs of Anthropic and OpenAI in a pool of 300: two retries, then the script puts
/// the job back at once.
///
/// A retry-after is honoured up to a minute and ignored beyond (anthropic-sdk-python,
/// `_base_client.py`, `_calculate_retry_timeout`).
struct SDKRetry: PacingController {
  static let retries = 2
  static let longestRetryAfter = 60.0

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
    retry(job, retryAfter: refusal.retryAfter)
  }

  mutating func unavailable(
    _ job: SimulatedJob,
    place: Int,
    retryAfter: Double?,
    at now: Double
  ) -> Retry {
    retry(job, retryAfter: nil)
  }

  private mutating func retry(_ job: SimulatedJob, retryAfter: Double?) -> Retry {
    let tries = (job.failures - 1) % (Self.retries + 1)
    guard tries < Self.retries else {
      inFlight -= 1
      return .queues
    }
    if let retryAfter, retryAfter > 0, retryAfter <= Self.longestRetryAfter {
      return .leavesAfter(retryAfter)
    }
    return .leavesAfter(min(8, 0.5 * pow(2, Double(tries))) * random.uniform(0.75...1))
  }
}
