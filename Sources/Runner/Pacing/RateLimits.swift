/// What an account allows in a minute; nil where it sets no limit.
package struct RateLimits: Sendable, Equatable {
  package var requestsPerMinute: Int?
  package var inputTokensPerMinute: Int?
  package var outputTokensPerMinute: Int?

  package init(
    requestsPerMinute: Int? = nil,
    inputTokensPerMinute: Int? = nil,
    outputTokensPerMinute: Int? = nil
  ) {
    self.requestsPerMinute = requestsPerMinute
    self.inputTokensPerMinute = inputTokensPerMinute
    self.outputTokensPerMinute = outputTokensPerMinute
  }

  /// These limits, with those that `others` names in their place.
  package func overridden(by others: RateLimits) -> RateLimits {
    RateLimits(
      requestsPerMinute: others.requestsPerMinute ?? requestsPerMinute,
      inputTokensPerMinute: others.inputTokensPerMinute ?? inputTokensPerMinute,
      outputTokensPerMinute: others.outputTokensPerMinute ?? outputTokensPerMinute
    )
  }
}
