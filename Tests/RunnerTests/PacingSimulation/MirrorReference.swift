import Runner
import TestSupport

/// The algorithm that ours began from: it mirrors the server's buckets, paces in slices of a
/// quarter second, settles estimates with the usage and draws its levels down to the headers.
struct MirrorReference: PacingController {
  private struct Level {
    var limit: Double
    var level: Double
    var credit = 0.0
    var multiplier = 1.0
    var trim = 1.0
    var mostSeen = 1.0

    var rate: Double { limit * 0.997 * multiplier * trim }
  }

  private let isReserved: Bool
  private let meters: [Meter]
  private var levels: Metered<Level?>
  private var costs: [Metered<Double>] = []
  private var tokensPerByte = 0.25
  private var meanOutput = 128.0
  private var updated = 0.0
  private var pausedUntil = 0.0
  private var random: SeededGenerator

  init(_ settings: ServerSettings, stated: Double, seed: UInt64) {
    isReserved = settings.charge == .reserved
    levels = Metered(repeating: nil)
    for meter in Meter.allCases {
      guard let limit = settings.limits[meter] else { continue }
      let rate = limit / 60 * stated
      levels[meter] = Level(limit: rate, level: rate * 60)
    }
    meters = Meter.allCases.filter { settings.limits[$0] != nil }
    random = SeededGenerator(seed: seed)
  }

  mutating func departure(of job: SimulatedJob, place: Int, at now: Double) -> Departure {
    advance(to: now)
    var wait = pausedUntil - now
    let cost = cost(of: job)
    for meter in meters {
      guard let level = levels[meter] else { continue }
      wait = max(wait, -level.credit / level.rate, (cost[meter] - level.level) / level.limit)
    }
    if wait > 0 { return .waits(until: now + wait) }
    charge(cost)
    while costs.count <= place { costs.append(cost) }
    costs[place] = cost
    return .leaves
  }

  private func cost(of job: SimulatedJob) -> Metered<Double> {
    var cost = Metered(repeating: 1.0)
    cost.inputTokens = Double(job.bytes) * tokensPerByte
    cost.outputTokens = isReserved ? job.maxTokens : meanOutput
    cost.tokens = cost.inputTokens + cost.outputTokens
    return cost
  }

  private mutating func charge(_ cost: Metered<Double>, times factor: Double = 1) {
    for meter in meters {
      // What is reserved comes back, so that the pace is made of what is expected.
      let isExpected = isReserved && meter == .outputTokens
      levels[meter]?.credit -= factor * (isExpected ? meanOutput : cost[meter])
      levels[meter]?.level -= factor * cost[meter]
    }
  }

  private mutating func advance(to now: Double) {
    let passed = now - updated
    for meter in meters {
      guard var level = levels[meter] else { continue }
      level.credit = min(level.rate * 0.25, level.credit + level.rate * passed)
      level.level = min(level.limit * 60, level.level + level.limit * passed)
      level.multiplier = min(1, level.multiplier + 0.0005 * passed)
      levels[meter] = level
    }
    updated = now
  }

  mutating func answered(
    _ job: SimulatedJob,
    place: Int,
    sighting: LimitSighting,
    at now: Double
  ) {
    advance(to: now)
    charge(costs[place], times: -1)
    var used = Metered(repeating: 1.0)
    used.inputTokens = job.inputTokens
    used.outputTokens = job.outputTokens
    used.tokens = job.inputTokens + job.outputTokens
    charge(used)
    if isReserved { levels.outputTokens?.credit -= job.outputTokens - meanOutput }
    tokensPerByte += 0.02 * (job.inputTokens / Double(job.bytes) - tokensPerByte)
    meanOutput += 0.02 * (job.outputTokens - meanOutput)
    see(sighting)
  }

  private mutating func see(_ sighting: LimitSighting) {
    for meter in meters {
      guard var level = levels[meter], let standing = sighting[meter],
        let remaining = standing.remaining
      else { continue }
      level.limit = standing.limit.map { $0 / 60 } ?? level.limit
      level.mostSeen = max(level.mostSeen, remaining)
      if remaining < level.level || isReserved { level.level += 0.3 * (remaining - level.level) }
      if meter == .outputTokens, !isReserved {
        level.trim = min(1.003, max(0.9, 1 + 0.15 * (remaining / level.mostSeen - 0.5)))
      }
      levels[meter] = level
    }
  }

  mutating func limited(
    _ job: SimulatedJob,
    place: Int,
    _ refusal: RateLimitRefusal,
    at now: Double
  ) -> Retry {
    charge(costs[place], times: -1)
    if let meter = refusal.meter, var level = levels[meter] {
      level.level = min(level.level, 0)
      level.multiplier *= 0.995
      levels[meter] = level
    }
    pausedUntil = max(pausedUntil, now + (refusal.retryAfter ?? 1) + random.uniform(0...0.5))
    return .queues
  }

  mutating func unavailable(
    _ job: SimulatedJob,
    place: Int,
    retryAfter: Double?,
    at now: Double
  ) -> Retry {
    charge(costs[place], times: -1)
    return .queuesAfter(fullJitter(failures: job.failures, cap: 60, &random))
  }
}
