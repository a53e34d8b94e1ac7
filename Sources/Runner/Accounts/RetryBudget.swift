/// Spaces the requests that are sent again after an overload: a fifth of what is answered, and ten
/// a second, so that retries cannot keep an overload alive.
///
/// As in Finagle's RetryBudget, handed out as times instead of tokens.
struct RetryBudget: Sendable {
  private static let share = 0.2
  private static let reserve = 10.0
  /// How many may leave at once, seconds of the reserve.
  private static let burst = 10.0

  /// No retry waits for longer, seconds.
  private static let longest = 30.0

  private var fullAt = -RetryBudget.burst

  /// A request was answered: earns a fifth of a retry.
  mutating func answered(at time: Double) {
    fullAt = max(fullAt - Self.share / Self.reserve, time - Self.burst)
  }

  /// When the next retry may leave.
  mutating func take(at time: Double) -> Double {
    fullAt = min(max(fullAt, time - Self.burst) + 1 / Self.reserve, time + Self.longest)
    return max(time, fullAt)
  }
}
