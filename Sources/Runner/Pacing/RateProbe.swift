/// Looks for a rate that nobody states: quickly up until the first refusal, then just below what was
/// let through, with a cautious look above it now and then.
///
/// Only what is answered is evidence: a rate falls to the share of it that was let through. Where it
/// falls again and again and the same share is refused all the same, refusals have nothing to do
/// with the rate; from then on only more of them than that count. Seconds since the pacer's start,
/// amounts a second.
struct RateProbe: Sendable {
  /// The first rise: twice as fast in less than a tenth of a second.
  private static let slowStart = 10.0
  /// How it comes back after a fall, up to just below what was let through.
  private static let easing = 0.02
  private static let haste = 0.5
  /// How it looks above that: a two-hundredth in a second at first.
  private static let firstGrowth = 0.005
  private static let longestGrowth = 0.2
  /// Seconds before it does; longer each time that the same rate is found.
  private static let firstHold = 2.5
  private static let longestHold = 12.0
  /// A request a minute: no search falls below it, or it would never learn again.
  private static let least = 1.0 / 60
  /// Falls that change nothing before refusals are taken to have nothing to do with the rate.
  private static let vainFalls = 3
  /// Requests that tell a share; seconds after which a few have to do, and after which any.
  private static let telling = 8.0
  private static let few = 3.0
  private static let shortLook = 1.0
  private static let longestLook = 20.0
  /// The share of about the last eight outcomes that ends the first rise, and how many outcomes in
  /// all have to do.
  private static let last = 0.125
  private static let clear = 0.3
  private static let manyOutcomes = 60.0
  /// A refusal counts for so much of the recent share; where most are refused, it is for a reason.
  private static let recent = 0.03
  private static let most = 0.5
  /// How much an outcome counts for the share by chance, which may end.
  private static let lasting = 0.001

  private(set) var rate: Double
  /// What was let through at the last fall; nil before the first.
  private var ceiling: Double?
  private var heldUntil = 0.0
  private var hold = firstHold
  private var growth = firstGrowth
  private var updated: Double
  /// Since when the rate has not fallen, and what became of the requests sent since.
  private var since: Double
  private var sent = 0.0
  private var answered = 0.0
  private var refused = 0.0
  /// Falls in a row that changed nothing, their outcomes, and the rate before them.
  private var falls = 0
  private var vain = (refused: 0.0, outcomes: 0.0)
  private var rateBefore = 0.0
  /// The share of refusals that have nothing to do with the rate, and that of the last outcomes.
  private var chance = 0.0
  private var recentShare = 0.0
  private var lastShare = 0.0
  private var longShare = 0.0

  /// - Parameters:
  ///   - rate: where it starts.
  ///   - isRising: whether it doubles in less than a tenth of a second until it is refused; false
  ///     where the rate was good until now.
  init(startingAt rate: Double, isRising: Bool = true, at time: Double) {
    self.rate = max(Self.least, rate)
    ceiling = isRising ? nil : self.rate
    updated = time
    since = time
  }

  /// The rate, once a refusal has shown one.
  var found: Double? { isStarting ? nil : rate }
  /// True until the first refusal.
  private var isStarting: Bool { ceiling == nil }
  /// True once it is faster than any run, without a refusal.
  var isUnlimited: Bool { isStarting && rate >= 1e6 }

  mutating func advance(to time: Double) {
    // A slow account is only looked at now and then, and must rise all the same.
    let passed = min(isStarting ? 0.1 : 5, time - updated)
    guard passed > 0 else { return }
    updated = time
    guard let ceiling else {
      rate = min(1e9, rate * (1 + Self.slowStart * passed))
      return
    }
    if time < heldUntil {
      let good = 0.985 * ceiling
      let step = max(Self.easing * rate, Self.haste * (good - rate))
      rate = max(rate, min(rate + step * passed, good))
    } else {
      growth = min(Self.longestGrowth, growth * (1 + 0.35 * passed))
      rate *= 1 + growth * passed
    }
  }

  /// A request leaves.
  mutating func sending() { sent += 1 }

  /// A request that left at this time was let through.
  mutating func answered(sentAt: Double) {
    guard sentAt >= since else { return }
    answered += 1
    lastShare *= 1 - Self.last
    recentShare *= 1 - Self.recent
    longShare *= 1 - Self.lasting
    chance = longShare < Self.lasting ? 0 : min(chance, longShare)
  }

  /// One was refused.
  ///
  /// - Parameters:
  ///   - sendRate: what is sent in a second, refused or not; nil where that cannot be told.
  ///   - mayBeChance: false for a refusal that says when to come back, which is about the rate.
  /// - Returns: whether it ends or slows what was paced so far.
  mutating func refused(
    sentAt: Double,
    sendRate: Double?,
    mayBeChance: Bool,
    at time: Double
  ) -> Bool {
    guard sentAt >= since else { return false }
    refused += 1
    lastShare += Self.last * (1 - lastShare)
    recentShare += Self.recent * (1 - recentShare)
    longShare += Self.lasting * (1 - longShare)
    if chance > 0, recentShare < min(Self.most, 3 * chance + 0.1) { return false }
    let isTelling =
      isStarting ? isTooFast(mayBeChance) : isClear(age: time - sentAt, at: time)
    guard isTelling else { return false }
    fall(age: time - sentAt, sendRate: sendRate, mayBeChance: mayBeChance, at: time)
    return true
  }

  /// Of the requests since the last fall, those that would be known if they had been refused.
  ///
  /// - Parameter age: how long a refusal takes, seconds.
  private func known(age: Double, at time: Double) -> Double {
    isStarting ? sent : sent * max(0, 1 - age / max(age, time - since))
  }

  /// Whether refusals end the first rise.
  ///
  /// One that is too fast is soon refused more often than not. A stray refusal would end it far too
  /// early, but where they go on it must be seen whether less is refused at a lower rate.
  private func isTooFast(_ mayBeChance: Bool) -> Bool {
    if !mayBeChance || sent == 0 { return true }
    return refused >= Self.few
      && (lastShare >= Self.clear || answered + refused >= Self.manyOutcomes)
  }

  private func isClear(age: Double, at time: Double) -> Bool {
    let known = known(age: age, at: time)
    // What takes effect when answers end must have done so.
    let isPlain = refused >= 0.3 * known || answered >= 2 * Self.telling
    if known >= Self.telling, isPlain { return true }
    return time - since >= (known >= Self.few ? Self.shortLook + 2 * age : Self.longestLook)
  }

  /// Falls to a share of what was sent, whatever became of it.
  mutating func fall(to rate: Double, at time: Double) {
    rateBefore = self.rate
    settle(at: max(Self.least, rate), at: time)
  }

  private mutating func fall(
    age: Double,
    sendRate: Double?,
    mayBeChance: Bool,
    at time: Double
  ) {
    // Of a search that begins with a refusal nothing is known yet.
    let share = sent > 0 ? refused / max(known(age: age, at: time), refused) : 0
    // Refused at a rate that was good a moment ago.
    if ceiling != nil, mayBeChance, share < Self.most, time < heldUntil {
      falls += 1
      vain.refused += refused
      vain.outcomes += answered + refused
      if falls >= Self.vainFalls { return ignore(at: time) }
    } else {
      falls = 0
      vain = (0, 0)
      rateBefore = max(Self.least, isStarting ? min(rate, sendRate ?? rate) : rate)
    }
    let tried = min(rate, sendRate ?? rate)
    let through = tried * (1 - share)
    let isSameAgain = ceiling.map { abs(through - $0) < 0.1 * $0 } ?? false
    hold = isSameAgain ? min(Self.longestHold, 2 * hold) : Self.firstHold
    let wasStarting = isStarting
    settle(at: max(Self.least, 0.3 * tried, through), at: time)
    // The first rise overshoots, by a factor of two at most; a wait that was told makes up for it.
    if wasStarting, mayBeChance { rate /= 2 }
  }

  private mutating func settle(at found: Double, at time: Double) {
    ceiling = found
    rate = 0.95 * found
    growth = Self.firstGrowth
    heldUntil = time + hold
    begin(at: time)
  }

  private mutating func begin(at time: Double) {
    since = time
    sent = 0
    answered = 0
    refused = 0
  }

  /// Goes on as if it had not been refused.
  private mutating func ignore(at time: Double) {
    chance = vain.refused / vain.outcomes
    recentShare = chance
    longShare = chance
    falls = 0
    vain = (0, 0)
    rate = rateBefore
    ceiling = nil
    begin(at: time)
  }
}
