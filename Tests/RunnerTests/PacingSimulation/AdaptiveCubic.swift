import Foundation
import Runner
import TestSupport

/// The `adaptive` retry mode of botocore in a pool of 300: a bucket of requests whose rate falls to
/// 0.7 at a refusal and grows back along a cubic (`retries/adaptive.py`, `throttling.py`,
/// `bucket.py`).
struct AdaptiveCubic: PacingController {
  private static let beta = 0.7
  private static let scale = 0.4
  private static let slowestRate = 0.5

  let most: Int
  private var inFlight = 0
  private var random: SeededGenerator

  private var isEnabled = false
  private var level = 0.0
  private var fillRate = 0.5
  private var filled = 0.0

  private var peak = 0.0
  private var inflection = 0.0
  private var lastRefusal = 0.0

  private var measured = 0.0
  private var sent = 0
  private var bin = 0.0

  init(most: Int = 300, seed: UInt64) {
    self.most = most
    random = SeededGenerator(seed: seed)
  }

  mutating func departure(of job: SimulatedJob, place: Int, at now: Double) -> Departure {
    guard inFlight < most else { return .waits(until: .infinity) }
    if isEnabled {
      fill(at: now)
      if level < 1 { return .waits(until: now + (1 - level) / fillRate) }
      level -= 1
    }
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
    measure(at: now)
    let elapsed = now - lastRefusal
    setRate(Self.scale * pow(elapsed - inflection, 3) + peak, at: now)
  }

  mutating func limited(
    _ job: SimulatedJob,
    place: Int,
    _ refusal: RateLimitRefusal,
    at now: Double
  ) -> Retry {
    inFlight -= 1
    measure(at: now)
    peak = isEnabled ? min(measured, fillRate) : measured
    inflection = cbrt(peak * (1 - Self.beta) / Self.scale)
    lastRefusal = now
    isEnabled = true
    setRate(Self.beta * peak, at: now)
    return .queuesAfter(random.uniform() * min(20, pow(2, Double((job.failures - 1) % 3))))
  }

  mutating func unavailable(
    _ job: SimulatedJob,
    place: Int,
    retryAfter: Double?,
    at now: Double
  ) -> Retry {
    inFlight -= 1
    return .queuesAfter(random.uniform() * min(20, pow(2, Double((job.failures - 1) % 3))))
  }

  private mutating func setRate(_ rate: Double, at now: Double) {
    fill(at: now)
    fillRate = max(Self.slowestRate, min(rate, 2 * measured))
    level = min(level, max(1, fillRate))
  }

  private mutating func fill(at now: Double) {
    level = min(max(1, fillRate), level + (now - filled) * fillRate)
    filled = now
  }

  /// What came back in half seconds, smoothed.
  private mutating func measure(at now: Double) {
    sent += 1
    let current = (now * 2).rounded(.down) / 2
    guard current > bin else { return }
    measured = measured * 0.2 + Double(sent) / (current - bin) * 0.8
    sent = 0
    bin = current
  }
}
