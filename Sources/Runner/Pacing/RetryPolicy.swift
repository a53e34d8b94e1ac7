/// How often and how soon a failed job is sent again.
///
/// Full jitter: the wait is uniform between zero and a bound that doubles with each failure
/// (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
package struct RetryPolicy: Sendable, Equatable {
  /// Errors after which a job fails, at least one.
  package let attempts: Int
  /// Bound of the first wait, seconds.
  package let base: Double
  /// Bound of any wait, seconds.
  package let cap: Double
  /// The longest that a provider's word keeps a job from being tried, seconds: what asks for more is
  /// a mistake more often than not, and one request an hour is no burden.
  private static let longestAsked = 3_600.0

  package init(attempts: Int = 8, base: Double = 1, cap: Double = 60) {
    self.attempts = attempts
    self.base = base
    self.cap = cap
  }

  /// The wait after a failure; where the provider asks for one, up to as much again in addition, so
  /// that those it refused together do not come back together.
  ///
  /// - Parameters:
  ///   - failures: how often the job has failed, at least one.
  ///   - asked: what the provider asked for, which is a floor up to an hour.
  ///   - random: uniform in 0 ..< 1.
  package func delay(after failures: Int, asked: Duration?, random: Double) -> Duration {
    let bound = min(cap, base * Double(1 << min(max(failures - 1, 0), 16)))
    guard let asked = asked.map({ min($0.seconds, Self.longestAsked) }) else {
      return .seconds(bound * random)
    }
    return .seconds(max(bound * random, asked + min(bound, asked) * random))
  }
}
