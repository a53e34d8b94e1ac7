extension Estimate {
  /// How long the rest takes, and what it waits for.
  package struct Time: Sendable, Equatable {
    package var seconds: Double
    /// As in the words of the job file, `requests_per_minute`; or `concurrency`.
    package var boundBy: String
  }

  /// Tokens that a provider is taken to write in a second, and seconds before it begins.
  package static let (outputSpeed, firstToken) = (50.0, 1.0)

  /// The time at the limits of all accounts together, none of which is missed by a request.
  ///
  /// - Parameters:
  ///   - limits: of every account; one that an account lacks does not bind.
  ///   - concurrency: the most requests in flight.
  package func time(limits: [RateLimits], concurrency: Int) -> Time {
    let answer = Double(left.outputTokens) / Double(max(1, left.jobs))
    let waves = Double(left.jobs) / Double(max(1, concurrency))
    let parallel = (Self.firstToken + answer / Self.outputSpeed) * waves
    let needs = [
      ("requests_per_minute", left.jobs, limits.map(\.requestsPerMinute)),
      ("input_tokens_per_minute", left.inputTokens, limits.map(\.inputTokensPerMinute)),
      ("output_tokens_per_minute", left.outputTokens, limits.map(\.outputTokensPerMinute)),
    ]
    var slowest = Time(seconds: parallel, boundBy: "concurrency")
    for (name, amount, rates) in needs {
      let rates = rates.compactMap(\.self)
      guard !rates.isEmpty, rates.count == limits.count else { continue }
      let seconds = Double(amount) / Double(rates.reduce(0, +)) * 60
      if seconds > slowest.seconds { slowest = Time(seconds: seconds, boundBy: name) }
    }
    return slowest
  }
}
