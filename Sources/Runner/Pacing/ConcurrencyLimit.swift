/// How many requests may be under way at a time: risen to step by step, and held below what the
/// provider refuses.
///
/// Each request is told by its *level*, how many were under way when it left, itself included. A
/// provider that works on ten at a time refuses nearly all from the eleventh on and none below; one
/// that is overloaded by chance refuses the same share at every level. So the limit is the level
/// from which on refusals prevail over answers, once they clearly do.
struct ConcurrencyLimit: Sendable {
  /// Where the rise begins.
  private static let start = 3.0
  /// In how many seconds it doubles at least.
  ///
  /// Most refusals come sooner than that, and a hundred are reached within about a second. Once there
  /// are answers it takes twice as long as one of them, and each allows one more, as in TCP's slow
  /// start.
  private static let doubling = 0.25
  /// As many refusals more than answers make a limit.
  private static let clear = 8.0
  /// An answer weighs as much as so many refusals: a share of three refusals in four is not taken
  /// for a limit at any level.
  private static let weight = 3.0
  /// What a level is remembered for at most, either way: what a provider can do changes.
  private static let most = (answers: -3.0, refusals: 16.0)
  /// Seconds until one more is tried, and the longest.
  private static let firstProbe = 1.0
  private static let longestProbe = 8.0
  /// How many more than keep a server busy are let wait there, and how many more than that are tried.
  private static let waiting = 1.5
  private static let more = 1.5
  /// Seconds until that is tried, and the longest; how many answers tell; and how much longer these
  /// may take if the server is to have been idle.
  private static let firstTrial = 5.0
  private static let longestTrial = 60.0
  private static let telling = 8
  private static let same = 1.2

  /// What the rise allows so far.
  private var allowance = Self.start
  private var updated = 0.0
  /// Refusals less answers, weighed, by class of level.
  private var evidence: [Double] = []
  /// The highest level that is not refused; nil where none is known to be.
  private(set) var ceiling: Int?
  private var probeAt = 0.0
  private var interval = Self.firstProbe
  /// Mean seconds of an answer.
  private var latency = 0.0
  private var signs = QueueSigns()
  /// As many as keep a server busy that lets others wait; nil where it does not.
  private var knee: Double?
  /// A trial of more: when it begins, and what answers took of requests below and above the knee.
  private var kneeAt = 0.0
  private var trialAt = 0.0
  private var trialInterval = Self.firstTrial
  private var below = 0.0
  private var above = (count: 0, sum: 0.0)

  /// One class for each level below 32, then sixteen for each power of two.
  private static func levelClass(_ level: Int) -> Int {
    guard level >= 32 else { return level }
    let exponent = Int.bitWidth - 1 - level.leadingZeroBitCount
    return (exponent - 3) * 16 + (level >> (exponent - 4)) - 16
  }

  /// The lowest level of a class.
  private static func lowest(of levelClass: Int) -> Int {
    guard levelClass >= 32 else { return levelClass }
    return (16 + levelClass % 16) << (levelClass / 16 - 1)
  }

  /// The most at a time.
  ///
  /// - Parameter isRising: whether there is no other limit that keeps from too quick a start.
  mutating func limit(rising isRising: Bool, at time: Double) -> Int {
    rise(to: time)
    var most = isRising ? Int(min(allowance, 1e6)) : .max
    if let knee { most = min(most, Int((time >= trialAt ? Self.more * knee : knee).rounded(.up))) }
    guard let ceiling else { return most }
    return min(most, time >= probeAt ? ceiling + 1 : ceiling)
  }

  private mutating func rise(to time: Double) {
    let doubling = max(Self.doubling, 2 * latency)
    let passed = min(doubling, time - updated)
    updated = max(updated, time)
    guard passed > 0, allowance < 1e6 else { return }
    // The line between the powers of two is near enough.
    allowance *= 1 + passed / doubling
  }

  /// A request leaves at this level.
  mutating func sent(at level: Int, _ time: Double) {
    if let ceiling, level > ceiling { probeAt = time + interval }
  }

  /// A request was answered.
  ///
  /// - Parameters:
  ///   - seconds: what its result took; nil for the refusal of a job.
  ///   - isPaced: whether our own pace made the level what it was: then it follows from how
  ///     long answers take, and tells nothing of why.
  mutating func answered(at level: Int, after seconds: Double?, isPaced: Bool, _ time: Double) {
    if allowance < 1e6 { allowance += 1 }
    if let seconds { learn(level, seconds, isPaced: isPaced, time) }
    note(-Self.weight, at: level)
    guard let ceiling, level > ceiling else { return }
    interval = max(Self.firstProbe, interval / 2)
    probeAt = time + interval
    if strongest.evidence < Self.clear { self.ceiling = nil }
    allowance = Double(max(level, ceiling) + 1)
  }

  private mutating func learn(_ level: Int, _ seconds: Double, isPaced: Bool, _ time: Double) {
    latency += (latency == 0 ? 1 : 0.2) * (seconds - latency)
    if let knee {
      judge(level, seconds, knee, time)
    } else if !isPaced {
      signs.note(level: Double(level), seconds: seconds)
      if let found = signs.knee { wait(at: Self.waiting * found + 0.5, time) }
    }
  }

  private mutating func wait(at level: Double, _ time: Double) {
    knee = level
    kneeAt = time
    signs = QueueSigns()
    trialAt = time + trialInterval
    below = 0
    above = (0, 0)
  }

  /// More are tried now and then: if their answers take no longer, the server was not busy.
  private mutating func judge(_ level: Int, _ seconds: Double, _ knee: Double, _ time: Double) {
    // What left before says nothing of now.
    guard time - seconds >= kneeAt else { return }
    if Double(level) <= knee.rounded(.up) {
      below += (below == 0 ? 1 : 0.2) * (seconds - below)
    } else {
      above.count += 1
      above.sum += seconds
    }
    guard above.count >= Self.telling, below > 0 else { return }
    let isSame = above.sum / Double(above.count) <= Self.same * below
    trialInterval = isSame ? Self.firstTrial / 5 : min(Self.longestTrial, 2 * trialInterval)
    wait(at: isSame ? Self.more * knee : knee, time)
  }

  /// A request was refused for what there is to do.
  ///
  /// - Returns: whether that is explained by how many were under way.
  mutating func refused(at level: Int, _ time: Double) -> Bool {
    note(1, at: level)
    let (found, evidence) = strongest
    if evidence >= Self.clear {
      let limit = max(1, found - 1)
      if ceiling.map({ limit < $0 }) ?? true {
        ceiling = limit
        interval = Self.firstProbe
        probeAt = time + interval
      } else if level > limit {
        interval = min(Self.longestProbe, 2 * interval)
        probeAt = time + interval
      }
    }
    return ceiling.map { level > $0 } ?? false
  }

  private mutating func note(_ amount: Double, at level: Int) {
    let index = Self.levelClass(level)
    while evidence.count <= index { evidence.append(0) }
    evidence[index] = min(Self.most.refusals, max(Self.most.answers, evidence[index] + amount))
  }

  /// From which level on refusals prevail most, and by how much.
  private var strongest: (level: Int, evidence: Double) {
    var best = (level: Int.max, evidence: 0.0)
    var sum = 0.0
    for index in evidence.indices.reversed() {
      sum += evidence[index]
      if sum > best.evidence { best = (Self.lowest(of: index), sum) }
    }
    return best
  }

  var memory: ConcurrencyMemory { ConcurrencyMemory(ceiling: ceiling, knee: knee) }

  /// Takes up what an earlier run knew.
  mutating func remember(_ memory: ConcurrencyMemory) {
    knee = memory.knee.flatMap { (1..<1_000_000).contains($0) ? $0 : nil }
    guard let ceiling = memory.ceiling, (1..<1_000_000).contains(ceiling) else { return }
    self.ceiling = ceiling
    for _ in 0..<Int(Self.most.refusals) { note(1, at: ceiling + 1) }
  }

  /// An outage is over: rises anew.
  mutating func restart(at time: Double) {
    self = ConcurrencyLimit()
    updated = time
  }
}
