/// What the fields of one limit say, collected while a response's head is walked.
///
/// A value that makes no sense, or stands there twice, is kept as NaN until all is read, so that no
/// later field takes its place.
struct LimitReading {
  private static let tenYears = 315_360_000.0

  private var limit: Double?
  private var remaining: Double?
  private var reset: Double?
  private var window: Double?

  /// Takes what a field says: seconds for `reset` and `window`, nil for nonsense.
  mutating func note(_ value: Double?, as part: LimitField.Part) {
    switch part {
    case .limit: limit = limit == nil ? value ?? .nan : .nan
    case .remaining: remaining = remaining == nil ? value ?? .nan : .nan
    case .reset: reset = reset == nil ? value ?? .nan : .nan
    case .window: window = window == nil ? value ?? .nan : .nan
    }
  }

  /// How the limit stands; nil if nothing that makes sense was said of it.
  func standing(granularity: Double = 1) -> LimitStanding? {
    let limit = limit.flatMap { $0 > 0 ? $0 : nil }
    let remaining = remaining.flatMap { left in
      let most = limit.map { 2 * $0 + granularity } ?? .infinity
      return (0...most).contains(left) ? left : nil
    }
    let reset = reset.flatMap { (0...Self.tenYears).contains($0) ? $0 : nil }
    guard limit != nil || remaining != nil else { return nil }
    var standing = LimitStanding(limit: limit, remaining: remaining, granularity: granularity)
    standing.reset = reset.map { .nanoseconds(Int64(($0 * 1e9).rounded())) }
    if let window, (0.001...Self.tenYears).contains(window) {
      standing.window = .seconds(window)
    } else if let limit, let remaining, let reset {
      standing.window = Self.window(limit: limit, remaining: remaining, reset: reset)
    }
    return standing
  }

  /// The span that a limit is for where nothing names it: an hour or a day if the time to full
  /// recovery tells so, else a minute.
  ///
  /// Some who use OpenAI's names limit requests by the day. A recovery of three minutes and more
  /// cannot be that of a limit by the minute, neither in a bucket nor at the end of a fixed window;
  /// in a bucket the part that is used and the time that it takes then give the span. The other
  /// way, spans under a minute, is not inferred: small bursts and ends of windows look the same.
  private static func window(limit: Double, remaining: Double, reset: Double) -> Duration {
    guard reset > 180, remaining < limit else { return .seconds(60) }
    let window = reset * limit / (limit - remaining)
    for candidate in [3_600.0, 86_400] where (candidate / 1.5...candidate * 1.5).contains(window) {
      return .seconds(candidate)
    }
    return .seconds(60)
  }
}

extension LimitStanding {
  /// Whether this limit binds before the other one: less of it is left, or it lets through less.
  func isTighter(than other: LimitStanding) -> Bool {
    if let share, let theirs = other.share { return share < theirs }
    guard let rate else { return false }
    return other.rate.map { rate < $0 } ?? true
  }

  private var rate: Double? { limit.map { $0 / (window / .seconds(1)) } }

  private var share: Double? {
    guard let limit, let remaining else { return nil }
    return remaining / limit
  }
}
