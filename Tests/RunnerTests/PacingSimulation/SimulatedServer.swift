import Foundation
import Runner
import TestSupport

/// What the server does with a request that arrives.
enum Verdict {
  case accepted
  /// 429: this limit is used up; seconds to wait where it tells them.
  case limited(Meter?, retryAfter: Double?)
  /// 503 or 529; seconds to wait where it tells them.
  case overloaded(retryAfter: Double?)
}

/// A provider's limits on one account, with books of what it saw; times are seconds.
struct SimulatedServer {
  let settings: ServerSettings
  private(set) var books = ServerBooks()
  private var buckets: [(meter: Meter, bucket: ServerBucket)] = []
  private var hidden: ServerBucket?
  /// How many requests it works on, and when each of its slots is free again.
  private var working = 0
  private var slotsFree: [Double] = []
  /// The second of ``ServerSettings/perSecond``, and what is left of it.
  private var clockSecond = (number: -1, left: 0)
  private var random: SeededGenerator

  init(_ settings: ServerSettings, seed: UInt64) {
    self.settings = settings
    random = SeededGenerator(seed: seed)
    for meter in Meter.allCases {
      guard let limit = settings.limits[meter] else { continue }
      buckets.append((meter, ServerBucket(perMinute: limit, burst: settings.burst)))
    }
    hidden = settings.hiddenPerSecond.map { ServerBucket(perMinute: $0 * 60, burst: 1) }
    begin(second: 0)
  }

  /// Closes the books of the second before, and lets come into force what changes now.
  mutating func turn(to second: Int) {
    advance(to: Double(second))
    books.turn()
    begin(second: second)
  }

  private mutating func begin(second: Int) {
    let factor = settings.changes.last { $0.second <= second }?.factor ?? 1
    let others = settings.others.flatMap { $0.from <= second ? $0 : nil }
    for index in buckets.indices {
      let meter = buckets[index].meter
      let rate = (settings.limits[meter] ?? 0) / 60 * factor
      if buckets[index].bucket.rate != rate { buckets[index].bucket.change(rate: rate) }
      books.page.allowed[meter] = rate
      if let others {
        books.page.allowed[meter] -= take(for: others, from: index, second)
      }
      let bucket = buckets[index].bucket
      books.page.saved[meter] = bucket.level + bucket.reserved
    }
  }

  private mutating func take(for others: OtherUsers, from index: Int, _ second: Int) -> Double {
    let rate = buckets[index].bucket.rate
    guard let every = others.every else {
      buckets[index].bucket.othersShare = others.share
      return others.share * rate
    }
    guard second.isMultiple(of: every) else { return 0 }
    return buckets[index].bucket.takeForOthers(others.share * rate * Double(every))
  }

  private mutating func advance(to now: Double) {
    for index in buckets.indices { buckets[index].bucket.advance(to: now) }
    hidden?.advance(to: now)
  }

  mutating func admit(_ job: SimulatedJob, at now: Double) -> Verdict {
    books.page.arrived += 1
    if settings.outages.contains(where: { $0.contains(now) }) {
      return overload(retryAfter: nil)
    }
    if let refusals = settings.refusals, random.uniform() < refusals.share {
      if !refusals.isRateLimit { return overload(retryAfter: refusals.retryAfter) }
      books.page.limited += 1
      return .limited(nil, retryAfter: refusals.retryAfter)
    }
    if let slots = settings.slots, !slots.queues, working >= slots.count {
      return overload(retryAfter: nil)
    }
    if let hold = settings.holds.first(where: { $0.contains(now) }) {
      return limit(nil, wait: hold.upperBound - now)
    }
    advance(to: now)
    if let (meter, wait) = longestWait(for: job), wait > 0 { return limit(meter, wait: wait) }
    if let wait = hidden?.wait(for: 1), wait > 0 { return limit(.requests, wait: wait) }
    if let second = settings.perSecond, !takeSecond(of: second, at: now) {
      return limit(.requests, wait: now.rounded(.up) - now)
    }
    hidden?.take(1)
    working += 1
    for index in buckets.indices { take(job, from: index) }
    return .accepted
  }

  private mutating func overload(retryAfter: Double?) -> Verdict {
    books.page.unavailable += 1
    return .overloaded(retryAfter: retryAfter)
  }

  private mutating func takeSecond(of limit: Int, at now: Double) -> Bool {
    if Int(now) != clockSecond.number { clockSecond = (Int(now), limit) }
    clockSecond.left -= 1
    return clockSecond.left >= 0
  }

  /// Seconds from now until a request that takes so long is answered.
  mutating func timeToAnswer(_ work: Double, at now: Double) -> Double {
    guard let slots = settings.slots, slots.queues else { return work }
    while slotsFree.count < slots.count { slotsFree.append(0) }
    let slot = slotsFree.indices.min { slotsFree[$0] < slotsFree[$1] } ?? 0
    slotsFree[slot] = max(now, slotsFree[slot]) + work
    return slotsFree[slot] - now
  }

  private mutating func limit(_ meter: Meter?, wait: Double) -> Verdict {
    books.page.limited += 1
    if let skew = settings.resetSkew {
      return .limited(meter, retryAfter: max(0, wait + skew))
    }
    return .limited(meter, retryAfter: settings.tellsRetryAfter ? wait.rounded(.up) : nil)
  }

  private func longestWait(for job: SimulatedJob) -> (Meter, Double)? {
    buckets.map { ($0.meter, $0.bucket.wait(for: demand(of: job, on: $0.meter))) }
      .max { $0.1 < $1.1 }
  }

  /// What must be there for a job to be admitted; answers that are charged later need only
  /// something.
  private func demand(of job: SimulatedJob, on meter: Meter) -> Double {
    switch meter {
    case .requests: 1
    case .inputTokens: job.inputTokens
    case .outputTokens: reservation(for: job)
    case .tokens: job.inputTokens + reservation(for: job)
    }
  }

  private func reservation(for job: SimulatedJob) -> Double {
    switch settings.charge {
    case .reserved, .reservedForGood: job.maxTokens
    case .produced, .never: 0
    }
  }

  private mutating func take(_ job: SimulatedJob, from index: Int) {
    let meter = buckets[index].meter
    let now = demand(of: job, on: meter)
    if settings.charge == .reserved, meter == .outputTokens || meter == .tokens {
      buckets[index].bucket.reserve(now)
    } else {
      buckets[index].bucket.take(now)
      books.page.used[meter] += now
    }
  }

  /// The answer to an admitted job leaves.
  mutating func end(_ job: SimulatedJob, at now: Double) {
    advance(to: now)
    working -= 1
    books.page.answered += 1
    for index in buckets.indices {
      let meter = buckets[index].meter
      guard meter == .outputTokens || meter == .tokens else { continue }
      let late = job.outputTokens + (meter == .tokens ? job.inputTokens : 0)
      switch settings.charge {
      case .produced:
        buckets[index].bucket.take(job.outputTokens)
        books.page.used[meter] += job.outputTokens
      case .reserved:
        buckets[index].bucket.settle(demand(of: job, on: meter), used: late)
        books.page.used[meter] += late
      case .reservedForGood, .never: break
      }
    }
  }

  /// What the headers of a response that leaves now tell.
  mutating func sighting(at now: Double) -> LimitSighting {
    advance(to: now)
    var sighting = LimitSighting.nothing
    if let second = settings.perSecond { sighting.requests = standing(of: second, at: now) }
    if let limit = settings.headers.emptyLimit {
      sighting.requests = LimitStanding(limit: limit, remaining: 0, reset: .zero)
    }
    if settings.headers.loss > 0, random.uniform() < settings.headers.loss { return sighting }
    for (meter, bucket) in buckets {
      let unit = meter == .requests ? 1 : settings.headers.granularity
      let unseen = settings.headers.showsWholeMinute ? bucket.rate * 60 - bucket.capacity : 0
      let left = max(0, bucket.level + unseen)
      sighting[meter] = LimitStanding(
        limit: bucket.rate * 60,
        remaining: meter == .requests ? left.rounded(.down) : (left / unit).rounded() * unit,
        granularity: unit
      )
    }
    return sighting
  }
  /// What is told of a limit by the second: its number, not what it is for.
  private func standing(of second: Int, at now: Double) -> LimitStanding {
    let left = Int(now) == clockSecond.number ? max(0, clockSecond.left) : second
    return LimitStanding(limit: Double(second), remaining: Double(left), reset: .seconds(1))
  }
}
