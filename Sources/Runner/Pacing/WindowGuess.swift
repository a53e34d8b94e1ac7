/// Finds out that a limit is for a span shorter than the minute that is assumed where none is named.
///
/// A response told when all of the limit would be there again. If more has come back by then than a
/// minute's limit gives in the time, and the next end is as near again, the span is no longer than
/// the time to such an end. Neither a bucket that is filled by the minute nor a minute by the clock
/// looks so. Seconds since the pacer's start.
struct WindowGuess: Sendable {
  /// The spans that limits are for.
  private static let spans = [1.0, 2, 5, 10, 15, 20, 30]
  private static let minute = 60.0
  /// An end this near may be that of a short span.
  ///
  /// A few requests at once, of those that are told to be left, show whether they are back by then;
  /// so many seconds later that is tried again.
  private static let near = 10.0
  private static let firstTrial = 20.0
  private static let trialShare = 0.1
  private static let largestTrial = 10.0

  /// Nil while a minute is assumed.
  private var found: Double?
  var isFound: Bool { found != nil }
  /// The response that told least, and when all was to be there again.
  private var lowest: (remaining: Double, time: Double, end: Double)?

  private var trialAt = 0.0
  private var trialInterval = Self.firstTrial

  /// How much may be sent at once to find out; zero where there is nothing to.
  mutating func trial(of standing: LimitStanding, at time: Double) -> Double {
    guard found == nil, time >= trialAt, standing.window.seconds == Self.minute,
      let limit = standing.limit, let remaining = standing.remaining, remaining >= limit / 2,
      let reset = standing.reset?.seconds, reset > 0, reset <= Self.near
    else { return 0 }
    trialAt = time + trialInterval
    trialInterval *= 2
    return min(Self.largestTrial, Self.trialShare * limit)
  }

  /// The span that a limit is for; nil where what the response says stands.
  mutating func window(of standing: LimitStanding, at time: Double) -> Double? {
    guard standing.window.seconds == Self.minute, let limit = standing.limit,
      let remaining = standing.remaining, let reset = standing.reset?.seconds
    else { return nil }
    if let found, reset > 2 * found { self.found = nil }
    if let lowest, time > lowest.end {
      let comesBack = (time - lowest.time) * limit / Self.minute + standing.granularity
      if remaining - lowest.remaining > comesBack {
        let span = max(lowest.end - lowest.time, reset)
        found = Self.spans.first { $0 >= 0.9 * span }
      }
      self.lowest = nil
    }
    if lowest.map({ remaining <= $0.remaining }) ?? true {
      lowest = (remaining, time, time + reset)
    }
    return found
  }
}
