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
      // Half as much again, so that dropping the old is rare.
      if seconds.count >= Self.memory * 3 / 2 {
        seconds.removeFirst(seconds.count - Self.memory + 1)
      }
      seconds.append((time, Second()))
    }
    change(&seconds[seconds.count - 1].second)
  }

  /// The seconds from one on in which anything happened.
  func json(since start: Int) -> JSON {
    JSON(
      seconds.suffix(Self.memory).drop { $0.time < start }.map { time, second in
        """
        {"t":\(time),"served":\(second.served),"rate_limited":\(second.rateLimited),\
        "refused":\(second.refused),"input_tokens":\(second.inputTokens),\
        "output_tokens":\(second.outputTokens)}
        """
      }
    )
  }
}
