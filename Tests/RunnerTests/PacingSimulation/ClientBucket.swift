import Runner
import TestSupport

/// The limiter that libraries offer: a bucket of a whole minute for each limit, filled at the true
/// rate, charged with an estimate and settled with the usage; a refused call waits in its loop.
struct ClientBucket: PacingController {
  private static let burst = 60.0
  private static let bytesPerToken = 4.0

  private let limits: Metered<Double?>
  private var levels: Metered<Double>
  private var filled = 0.0
  private var meanOutput = 256.0
  private var inFlight = 0
  private let most: Int
  private var random: SeededGenerator

  init(limits: Metered<Double?>, most: Int = 1_000, seed: UInt64) {
    self.limits = limits
    self.most = most
    levels = Metered(repeating: 0)
    for meter in Meter.allCases { levels[meter] = limits[meter] ?? 0 }
    random = SeededGenerator(seed: seed)
  }

  mutating func departure(of job: SimulatedJob, place: Int, at now: Double) -> Departure {
    guard inFlight < most else { return .waits(until: .infinity) }
    fill(at: now)
    var wait = 0.0
    for meter in Meter.allCases {
      guard let limit = limits[meter] else { continue }
      wait = max(wait, (estimate(of: job, on: meter) - levels[meter]) / (limit / 60))
    }
    guard wait <= 0 else { return .waits(until: now + wait) }
    inFlight += 1
    for meter in Meter.allCases { levels[meter] -= estimate(of: job, on: meter) }
    return .leaves
  }

  private func estimate(of job: SimulatedJob, on meter: Meter) -> Double {
    let input = Double(job.bytes) / Self.bytesPerToken
    return switch meter {
    case .requests: 1
    case .inputTokens: input
    case .outputTokens: meanOutput
    case .tokens: input + meanOutput
    }
  }

  private mutating func fill(at now: Double) {
    for meter in Meter.allCases {
      guard let limit = limits[meter] else { continue }
      levels[meter] = min(limit / 60 * Self.burst, levels[meter] + (now - filled) * limit / 60)
    }
    filled = now
  }

  mutating func answered(
    _ job: SimulatedJob,
    place: Int,
    sighting: LimitSighting,
    at now: Double
  ) {
    inFlight -= 1
    let input = job.inputTokens - Double(job.bytes) / Self.bytesPerToken
    let output = job.outputTokens - meanOutput
    levels.inputTokens -= input
    levels.outputTokens -= output
    levels.tokens -= input + output
    meanOutput += 0.02 * output
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
