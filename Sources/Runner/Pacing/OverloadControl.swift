/// Slows an account down while its provider is overloaded, and brings it back: cut once a window,
/// then up along a cubic curve through the rate at which it failed.
///
/// The curve is that of CUBIC (RFC 9438 section 4.2) in units of its own time to recover. It knows
/// nothing of limits: an overload is not one.
struct OverloadControl: Sendable {
  private static let cut = 0.7
  /// Seconds from a cut to the old rate.
  private static let recovery = 4.0
  /// One cut in so many seconds, and how many and which share must fail for one.
  private static let window = 1.0
  private static let failures = 3
  private static let share = 0.1
  /// What a window's rate still counts in the next: requests of unequal size leave unevenly.
  private static let memory = 0.95

  private var windowStart = 0.0
  private var sent = 0
  private var failed = 0
  /// The most requests a second in the last windows in which most were answered.
  private var sentRate = 1.0
  private var failureRate: Double?
  private var cutAt = 0.0
  private var nextAt = 0.0

  /// Requests a second that are let through; nil while nothing is wrong.
  func rate(at time: Double) -> Double? {
    guard let failureRate else { return nil }
    let passed = (time - cutAt - Self.recovery) / Self.recovery
    let rate = failureRate * (1 + (1 - Self.cut) * passed * passed * passed)
    return rate > 3 * failureRate ? nil : max(0.5, rate)
  }

  /// When the next request may leave.
  mutating func earliest(at time: Double) -> Double {
    guard rate(at: time) != nil else {
      failureRate = nil
      return time
    }
    return max(time, nextAt)
  }

  mutating func sending(at time: Double) {
    roll(to: time)
    sent += 1
    if let rate = rate(at: time) { nextAt = max(nextAt, time - 0.25) + 1 / rate }
  }

  /// A request failed because the provider is overloaded or out of reach.
  mutating func failed(at time: Double) {
    roll(to: time)
    failed += 1
    let isOverload =
      failed >= Self.failures && Double(failed) >= Self.share * sentRate * Self.window
    if isOverload, time - cutAt >= Self.window { cut(at: time) }
  }

  /// An outage is over: starts below the rate that there was.
  mutating func recovered(at time: Double) { cut(at: time) }

  private mutating func cut(at time: Double) {
    failureRate = max(1, rate(at: time) ?? sentRate)
    cutAt = time
    nextAt = time
  }

  private mutating func roll(to time: Double) {
    let passed = time - windowStart
    guard passed >= Self.window else { return }
    // Neither the pace of an outage nor one that is held back measures what the provider carries.
    if sent > 0, failed * 2 < sent, failureRate == nil {
      sentRate = max(Double(sent) / passed, Self.memory * sentRate)
    }
    sent = 0
    failed = 0
    windowStart = time
  }
}
