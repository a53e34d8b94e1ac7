/// What came and went in each second since the start.
struct SecondSeries: Sendable {
  struct Second: Sendable {
    var served = 0
    var rateLimited = 0
    /// All that was neither served nor rate limited.
    var refused = 0
    var inputTokens = 0
    /// Counted when the answer was complete.
    var outputTokens = 0
  }

  /// A day; earlier seconds are forgotten.
  static let memory = 86_400

  private var seconds: [(time: Int, second: Second)] = []

  /// Changes the second that a time falls into; times do not go backwards.
  mutating func update(at now: Duration, _ change: (inout Second) -> Void) {
    let time = Int(now.components.seconds)
    if seconds.last?.time != time {
      seconds.append((time, Second()))
      // Half a day late, so that the rest is seldom moved.
      if time - seconds[0].time > Self.memory * 3 / 2 {
        seconds.removeFirst(seconds.count - remembered.count)
      }
    }
    change(&seconds[seconds.count - 1].second)
  }

  private var remembered: ArraySlice<(time: Int, second: Second)> {
    let latest = seconds.last?.time ?? 0
    return seconds.drop { $0.time <= latest - Self.memory }
  }

  /// The seconds from one on in which anything happened.
  func json(since start: Int) -> JSON {
    JSON(
      remembered.drop { $0.time < start }.map { time, second in
        """
        {"t":\(time),"served":\(second.served),"rate_limited":\(second.rateLimited),\
        "refused":\(second.refused),"input_tokens":\(second.inputTokens),\
        "output_tokens":\(second.outputTokens)}
        """
      }
    )
  }
}
