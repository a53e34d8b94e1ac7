/// What an account allows in a minute, as its owner states it; nil where nothing is stated.
package struct RateLimits: Sendable, Equatable {
  package var requestsPerMinute: Int?
  package var inputTokensPerMinute: Int?
  package var outputTokensPerMinute: Int?
  /// The most requests at a time.
  package var inFlight: Int?
  /// How output counts; nil for what the provider is known to do.
  package var outputCharge: OutputCharge?
  /// Whether these limits hold even where the provider's headers allow more.
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

  /// These limits, with those that `others` names in their place.
  package func overridden(by others: RateLimits) -> RateLimits {
    RateLimits(
      requestsPerMinute: others.requestsPerMinute ?? requestsPerMinute,
      inputTokensPerMinute: others.inputTokensPerMinute ?? inputTokensPerMinute,
      outputTokensPerMinute: others.outputTokensPerMinute ?? outputTokensPerMinute,
      inFlight: others.inFlight ?? inFlight,
      outputCharge: others.outputCharge ?? outputCharge,
      isCeiling: isCeiling || others.isCeiling
    )
  }
}
