/// One limit of an account: the pace that keeps below it, and what the provider has left of it.
///
/// Two things hold a request back. The *credit* paces: it grows with the rate that we allow
/// ourselves, a quarter of a second's worth at most, so that our bursts stay below any provider's.
/// The *level* mirrors the provider's own bucket: it falls by what is let in, refills at the limit
/// and is drawn to what the headers say. Seconds since the pacer's start, amounts a second.
struct Bucket: Sendable {
  /// The longest burst, as seconds of the rate.
  static let burst = 0.25
  /// What is kept clear of the limit.
  static let margin = 0.003
  /// How far a sighting draws the level.
  private static let gain = 0.3
  /// How much faster than the limit a full bucket of the provider is used up.
  private static let haste = 0.03
  /// The share of the provider's bucket that is aimed at, and the share below which we slow down.
  private static let aim = 0.6
  private static let low = 0.5
  /// How fast the rate follows what others take, in times that the provider's bucket needs to fill.
  private static let learning = 0.8
  /// Below this the multiplier is more than what refusals leave of it: others have a share.
  private static let shared = 0.99
  /// What comes back in a second of what refusals took.
  private static let recovery = 0.0005
  /// Requests, and steps in which it is told, that a bucket must hold for its share to say anything.
  private static let coarse = 8.0
  /// Over how many seconds what was used is averaged.
  private static let recent = 10.0
  /// How much larger than seen a bucket may be that refuses a request for want of room.
  private static let growth = 1.25
  /// How long a level is believed without a sighting.
  private static let memory = 60.0
  /// As many sightings of an empty bucket whose request was let in all the same show that what is
  /// told to be left is wrong; twice as many each time that a refusal shows the opposite.
  private static let contradictions = 20
  /// Windows from here on are no pace but a stock.
  private static let longestWindow = 600.0

  /// What the account's owner states, and what headers say.
  var stated: Double?
  private(set) var seen: Double?
  let isCeiling: Bool
  private(set) var isStock = false
  /// The limit as it was last told, and the seconds that it is for.
  private var windowed = (limit: 0.0, window: 0.0)
  /// What the provider has left; nil where nothing is known.
  private(set) var level: Double?
  /// The most that it was seen to have.
  private(set) var capacity = 0.0
  private(set) var multiplier = 1.0
  /// Looks for the rate where none is known, or where the known one is refused.
  private(set) var probe: RateProbe?
  private(set) var credit = 0.0
  /// What was used of late, a second.
  private(set) var used = 0.0
  /// Of what is in flight, what the level lost and will get back.
  private var reserved = 0.0
  /// Of what is in flight, what the level will lose.
  private var pending = 0.0
  /// Seconds that requests take, for what happens to the level meanwhile.
  var latency = 0.0
  private var syncedAt = -Bucket.memory
  private var granularity = 1.0
  /// What a request takes, on average.
  private var typical = 0.0
  /// Whether it was refused although the provider showed that there was room.
  private var hidesLimit = false
  /// Requests in a row that were let in although nothing was told to be left before them, and how
  /// many of them it takes.
  private var unexplained = 0
  private var patience = Bucket.contradictions
  /// Whether what is told to be left is believed.
  private var believesRemaining = true
  private var span = WindowGuess()
  /// What may be used beside the credit, to find the span.
  private var trial = 0.0
  private var updated = 0.0

  init(perMinute: Int?, isCeiling: Bool) {
    stated = perMinute.map { Double($0) / 60 }
    self.isCeiling = isCeiling && perMinute != nil
    credit = (stated ?? 0) * Self.burst
  }

  /// Begins to look for the rate.
  mutating func search(startingAt rate: Double) {
    probe = RateProbe(startingAt: rate, at: updated)
    credit = min(self.rate ?? rate, rate) * Self.burst
  }

  /// Falls to a rate, and looks for more from there.
  mutating func fall(to lower: Double, at time: Double) {
    if probe == nil { probe = RateProbe(startingAt: rate ?? lower, at: time) }
    probe?.fall(to: lower, at: time)
  }

  /// What is known of it; nil for nothing that was learnt.
  func memory(of meter: Meter) -> LimitMemory? {
    guard seen != nil || probe?.found != nil else { return nil }
    return LimitMemory(meter: meter.name, told: seen, found: probe?.found, capacity: capacity)
  }

  /// Takes up what an earlier run knew.
  mutating func remember(_ memory: LimitMemory, at time: Double) {
    if let told = memory.told, told > 0 {
      seen = told
      probe = nil
    }
    capacity = max(0, memory.capacity)
    guard let found = memory.found, found > 0 else { return }
    probe = RateProbe(startingAt: found, isRising: false, at: time)
  }

  /// A request that left at this time was let through.
  mutating func answered(sentAt: Double) {
    probe?.answered(sentAt: sentAt)
  }

  /// What may be used in a second, as far as it is known.
  var limit: Double? {
    guard let seen else { return stated }
    return isCeiling ? min(seen, stated ?? seen) : seen
  }

  /// What we allow ourselves in a second; nil where nothing holds us back.
  var rate: Double? {
    var rate = (isStock ? isCeiling ? stated : nil : limit).map {
      $0 * (1 - Self.margin) * multiplier * urgency
    }
    if let probe, !probe.isUnlimited { rate = min(rate ?? probe.rate, probe.rate) }
    return rate
  }

  /// What the provider will have left once what is in flight is settled, as a share of its bucket;
  /// nil where nothing is known, where it is only that of a few seconds, or where a few requests fill the bucket, so that it is always low
  /// when a response leaves.
  var share: Double? {
    guard let level, !span.isFound, capacity > Self.coarse * max(typical, granularity) else {
      return nil
    }
    let expected = pending > 0 ? (limit ?? 0) * latency - pending : 0
    return min(1, (level + reserved + expected) / capacity)
  }

  /// Slower when the provider's bucket runs low, a little faster when it is full.
  private var urgency: Double {
    guard let share else { return 1 }
    if share < Self.low { return max(0.02, share / Self.low) }
    guard share > Self.aim, !isCeiling, !hidesLimit else { return 1 }
    return 1 + Self.haste * (share - Self.aim) / (1 - Self.aim)
  }

  /// How the multiplier moves in a second.
  ///
  /// With the provider's bucket in sight it finds the part of the limit that others leave: urgency
  /// alone would hold the bucket where it is low, and every lump that others take would empty it.
  /// What refusals took of it comes back slowly.
  private var trend: Double {
    guard let share, let limit, limit > 0, share < Self.low || multiplier < Self.shared else {
      return Self.recovery
    }
    return Self.learning * (share - Self.low) * limit / capacity
  }

  /// Lets time pass.
  mutating func advance(to time: Double) {
    let passed = time - updated
    guard passed > 0 else { return }
    probe?.advance(to: time)
    used *= max(0, 1 - passed / Self.recent)
    if let rate { credit = min(rate * Self.burst, credit + rate * passed) }
    if time - syncedAt > Self.memory { level = nil }
    if let level, let limit { self.level = min(capacity, level + limit * passed) }
    multiplier = min(1, max(0.05, multiplier + passed * trend))
    updated = time
  }

  /// How long a request must wait that takes `held` at once, seconds.
  func wait(toHold held: Double) -> Double {
    var wait = 0.0
    if let rate, credit < -1e-9, trial <= 0 { wait = -credit / max(rate, 1e-9) }
    if let level, let limit, limit > 0 {
      // A larger request than the bucket is let through by a full one.
      let needed = min(held + min(granularity / 2, 0.1 * capacity), 0.98 * capacity)
      wait = max(wait, (needed - level) / limit)
    }
    return wait
  }

  /// Lets a request in.
  mutating func take(expected: Double, held: Double) {
    probe?.sending()
    typical += (typical == 0 ? 1 : 0.05) * (max(expected, held) - typical)
    used += expected / Self.recent
    if rate != nil { credit -= max(0, expected - trial) }
    trial = max(0, trial - expected)
    if let level { self.level = level - held }
    reserved += max(0, held - expected)
    pending += max(0, expected - held)
  }

  /// A request is over.
  ///
  /// - Parameters:
  ///   - actual: what it used in the end.
  ///   - paced: what it counts for our own pace while a rate is looked for; nil for the same.
  mutating func settle(expected: Double, held: Double, actual: Double, paced: Double? = nil) {
    used = max(0, used + (actual - expected) / Self.recent)
    // No answer can have cost the provider's bucket more than a minute.
    if let rate {
      credit = max(
        credit - ((probe == nil ? actual : paced ?? actual) - expected),
        min(credit, -60 * rate)
      )
    }
    if let level { self.level = min(capacity, level + held - actual) }
    reserved = max(0, reserved - max(0, held - expected))
    pending = max(0, pending - max(0, expected - held))
  }

  /// Takes in what a response says.
  ///
  /// - Parameters:
  ///   - newer: what was let in that the response could not know of.
  ///   - own: what the request itself took, and for how many seconds it was under way.
  mutating func see(
    _ standing: LimitStanding,
    newer: Double,
    own: (held: Double, elapsed: Double) = (0, 0),
    at time: Double
  ) {
    granularity = standing.granularity
    if let limit = standing.limit {
      let found = span.window(of: standing, at: time)
      seeLimit(limit, found ?? standing.window.seconds, isFound: found != nil)
    }
    guard let remaining = standing.remaining else { return }
    doubt(remaining, own.held)
    guard believesRemaining else { return }
    capacity = max(capacity, remaining, (limit ?? 0) * Self.burst)
    // Before the request there was at least what it took, less what has come in since.
    if remaining > granularity, let limit {
      capacity = max(capacity, remaining - granularity / 2 + own.held - limit * own.elapsed)
    }
    let observed = remaining - newer
    if let level, time - syncedAt < Self.memory {
      let difference = observed - level
      if abs(difference) > granularity / 2 { self.level = level + Self.gain * difference }
    } else {
      level = observed
    }
    syncedAt = time
    if !isCeiling { trial = max(trial, span.trial(of: standing, at: time)) }
  }

  /// What is seen outweighs what is told: an empty bucket refuses.
  private mutating func doubt(_ remaining: Double, _ held: Double) {
    guard held > 0 else { return }
    unexplained = remaining < held ? unexplained + 1 : 0
    guard believesRemaining, unexplained > patience else { return }
    believesRemaining = false
    level = nil
    multiplier = 1
  }

  private mutating func seeLimit(_ limit: Double, _ window: Double, isFound: Bool) {
    // Of a long window not every response tells: the same number means the same window.
    if !isFound, limit == windowed.limit, window < windowed.window { return }
    windowed = (limit, window)
    let found = limit / max(window, 0.001)
    isStock = window >= Self.longestWindow
    if let seen, abs(found - seen) < 0.01 * seen { return }
    if let seen, seen > 0 {
      // Of a shorter span than was thought, the bucket is no larger.
      let change = isFound ? 1 : found / seen
      capacity *= change
      level = level.map { $0 * min(1, change) }
    } else if stated == nil {
      credit = min(credit, found * Self.burst)
    }
    seen = found
    multiplier = 1
    hidesLimit = false
    probe = nil
  }

  /// The provider refused because of this limit.
  ///
  /// - Parameters:
  ///   - held: what the provider would have taken.
  ///   - sentAt: when the request left.
  ///   - sendRate: what is sent in a second; nil where that cannot be told.
  ///   - isNews: whether it left after the last refusal was known.
  ///   - isFrequent: whether refusals are more than stray ones.
  ///   - mayBeChance: false for a refusal that says when to come back, which is about the rate.
  mutating func refused(
    held: Double,
    sentAt: Double,
    sendRate: Double?,
    isNews: Bool,
    isFrequent: Bool,
    mayBeChance: Bool,
    at time: Double
  ) {
    let isInSight = limit != nil && time - syncedAt < 5
    let share = isInSight ? share : nil
    if isNews {
      if !believesRemaining { patience = min(2 * patience, 1_000_000) }
      believesRemaining = true
      unexplained = 0
      // Refused although as much was there as was ever seen: the bucket is larger.
      if held > capacity, level != nil { capacity = min(held, Self.growth * capacity) }
      if let share, share > Self.aim { hidesLimit = true }
      if !hidesLimit { multiplier *= share != nil ? 0.9 : 0.995 }
      level = level.map { min($0, 0) }
      credit = min(credit, 0)
    }
    guard limit == nil || (isFrequent && (!isInSight || hidesLimit)) else { return }
    if probe == nil {
      let start = limit.map { $0 * multiplier } ?? sendRate ?? 1
      probe = RateProbe(startingAt: start, isRising: limit == nil, at: sentAt)
    }
    let falls = probe?.refused(
      sentAt: sentAt,
      sendRate: sendRate,
      mayBeChance: mayBeChance,
      at: time
    )
    if falls == true { credit = min(credit, 0) }
  }
}
