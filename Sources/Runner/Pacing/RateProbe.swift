/// Looks for a rate that nobody states: quickly up until the first refusal, then just below what was
/// let through, with a cautious look above it now and then.
///
/// Seconds since the pacer's start, amounts a second.
struct RateProbe: Sendable {
  private static let slowStart = 10.0
  private static let easing = 0.02
  private static let firstGrowth = 0.005
  private static let longestGrowth = 0.2
  private static let firstHold = 2.5
  private static let longestHold = 12.0
  /// A request a minute: no search falls below it, or it would never learn again.
  private static let least = 1.0 / 60
  private static let surprisesToIgnore = 3
  private static let ignoring = 20.0

  private(set) var rate: Double
  /// What was let through at the last refusal; nil before the first.
  private var ceiling: Double?
  private var heldUntil = 0.0
  private var hold = firstHold
  private var growth = firstGrowth
  private var updated: Double
  /// Refusals in a row although we were below what was let through, and the rate before them.
  private var surprises = 0
  private var rateBefore = 0.0
  /// Until when refusals are taken to have nothing to do with the rate.
  private var ignoredUntil = 0.0

  /// - Parameter rate: where it starts; it doubles in less than a tenth of a second until it is refused.
  init(startingAt rate: Double, at time: Double) {
    self.rate = max(Self.least, rate)
    updated = time
  }

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
      rate = max(rate, min(rate * (1 + Self.easing * passed), 0.985 * ceiling))
    } else {
      growth = min(Self.longestGrowth, growth * (1 + 0.35 * passed))
      rate *= 1 + growth * passed
    }
  }

  /// The provider refused.
  ///
  /// Where the rate falls again and again and refusals come all the same, they are not about the
  /// rate, and it is left where it was for a while.
  ///
  /// - Parameter accepted: what it let through lately.
  mutating func backOff(accepted: Double, at time: Double) {
    guard time >= ignoredUntil else { return }
    if isSurprise {
      surprises += 1
    } else {
      surprises = 0
      rateBefore = max(Self.least, isStarting ? accepted : rate)
    }
    if surprises >= Self.surprisesToIgnore { return ignore(from: time) }
    let isSameAgain = ceiling.map { abs(accepted - $0) < 0.1 * $0 } ?? false
    hold = isSameAgain ? min(Self.longestHold, 2 * hold) : Self.firstHold
    let found = max(Self.least, isStarting ? accepted : max(0.3 * rate, min(rate, accepted)))
    ceiling = found
    rate = 0.95 * found
    growth = Self.firstGrowth
    heldUntil = time + hold
  }

  /// True when what was let through before explains no refusal.
  private var isSurprise: Bool { ceiling.map { rate < 0.98 * $0 } ?? false }

  private mutating func ignore(from time: Double) {
    surprises = 0
    ceiling = rateBefore
    rate = rateBefore
    ignoredUntil = time + Self.ignoring
    heldUntil = ignoredUntil
  }
}
