/// A token bucket that hands out times instead of tokens.
///
/// Its whole state is the time at which the bucket will be full again (the "theoretical arrival
/// time" of the generic cell rate algorithm, ITU-T I.371), so a wait is exact and nothing ticks.
package struct TokenBucket: Sendable {
  /// How long the bucket may run ahead of its rate.
  ///
  /// Providers enforce a minute's limit over much
  /// shorter spans, so our burst must stay below theirs.
  package static let burst: Duration = .milliseconds(250)

  private let secondsPerToken: Double
  private var fullAt: ContinuousClock.Instant

  /// - Parameter perMinute: tokens a minute, greater than zero.
  package init(perMinute: Int, at now: ContinuousClock.Instant) {
    secondsPerToken = 60 / Double(perMinute)
    fullAt = now
  }

  /// The earliest time at which something may be taken, never before `now`.
  package func earliest(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    max(now, fullAt - Self.burst)
  }

  /// Takes `tokens`; the taker goes at the time that ``earliest(at:)`` gave before.
  package mutating func take(_ tokens: Double, at now: ContinuousClock.Instant) {
    fullAt = max(fullAt, now) + .seconds(tokens * secondsPerToken)
  }

  /// Corrects an estimate once the real number is known; negative gives tokens back.
  package mutating func settle(_ difference: Double) {
    fullAt += .seconds(difference * secondsPerToken)
  }
}
