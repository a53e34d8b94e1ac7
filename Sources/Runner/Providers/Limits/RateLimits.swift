/// What a flag says of one limit.
package enum StatedLimit: Sendable, Equatable {
  /// No more than this in a minute.
  case perMinute(Int)
  /// What the provider tells, whatever else is stated.
  case automatic
}

/// What an account allows in a minute, as its owner states it; nil where nothing is stated.
package struct RateLimits: Sendable, Equatable {
  package var requestsPerMinute: Int?
  package var inputTokensPerMinute: Int?
  package var outputTokensPerMinute: Int?
  /// The most requests at a time.
  package var inFlight: Int?
  /// How output counts; nil for what the provider is known to do.
  package var outputCharge: OutputCharge?
  /// Whether these limits hold even where the provider's headers allow more, as what is stated does
  /// unless its owner says otherwise.
  package var isCeiling: Bool

  package init(
    requestsPerMinute: Int? = nil,
    inputTokensPerMinute: Int? = nil,
    outputTokensPerMinute: Int? = nil,
    inFlight: Int? = nil,
    outputCharge: OutputCharge? = nil,
    isCeiling: Bool = false
  ) {
    self.requestsPerMinute = requestsPerMinute
    self.inputTokensPerMinute = inputTokensPerMinute
    self.outputTokensPerMinute = outputTokensPerMinute
    self.inFlight = inFlight
    self.outputCharge = outputCharge
    self.isCeiling = isCeiling
  }

  /// Puts a limit that a flag states in the place of the one here; nil leaves it.
  ///
  /// A number makes all of them ceilings: who gives one wants no surprise from the others.
  package mutating func override(
    _ limit: WritableKeyPath<RateLimits, Int?>,
    by stated: StatedLimit?
  ) {
    switch stated {
    case .perMinute(let number):
      self[keyPath: limit] = number
      isCeiling = true
    case .automatic: self[keyPath: limit] = nil
    case nil: break
    }
  }
}
