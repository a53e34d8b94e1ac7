import Secrets
package import Transport

/// What a response means for its job: done, or one of four exits.
package enum Outcome: Sendable, Equatable {
  /// The response is the job's result.
  case completed(Completion)
  /// The job is sent again; an attempt is charged unless others fail too.
  ///
  /// `after` is the server's own word on how long to wait at least.
  case retry(Refusal, RetryCause, after: Duration?)
  /// The account waits; no attempt is charged.
  ///
  /// `after` is the server's own word on how long to wait at least.
  case pace(Refusal, PaceCause, after: Duration?)
  /// The account stops until its key, its credit or its configuration changes; jobs wait.
  ///
  /// `until` is when the refusal says that it is over, in seconds since 1970; nil if it does not.
  case park(Refusal, ParkReason, until: Double?)
  /// The job fails at once.
  case fail(Refusal)

  /// The outcome of a request that got no response.
  ///
  /// Losing the connection says nothing about the job, so it is tried again, with the care that an
  /// overloaded server needs. Two cannot get better: a request that is not valid HTTP, and a
  /// response over the size limit.
  package init(_ error: TransportError) {
    let refusal = Refusal(status: nil, code: "\(error.code)", message: error.message)
    switch error.code {
    case .invalidRequest: self = .fail(refusal)
    case .tooLarge:
      let advice = "; ask for less in one request, such as fewer texts or choices"
      self = .fail(
        Refusal(
          status: nil,
          code: "answer_too_large",
          message: error.message + advice,
          paid: Usage()
        )
      )
    default: self = .retry(refusal, .overload, after: nil)
    }
  }
}

extension Outcome {
  /// What it is where the response did not come as it should: as good as any that is whole all the
  /// same, else one that was paid for and lost, unless its status was no success anyway.
  package func after(_ error: TransportError?, _ status: Int) -> Outcome {
    guard let error, (200..<300).contains(status) else { return self }
    if case .completed = self { return self }
    let refusal = Refusal(status: status, code: "truncated", message: error.message, paid: Usage())
    return .retry(refusal, .fault, after: nil)
  }
}

/// Why a job is sent again.
package enum RetryCause: Sendable {
  /// Something went wrong with this request.
  case fault
  /// The provider, or the way to it, has more to do than it can: so will the next request find it.
  case overload
}

/// Why an account waits.
package enum PaceCause: Sendable, Equatable {
  /// A limit is reached; the meter where the refusal names it.
  case limit(Meter?)
  /// The rate rose faster than the provider lets it, whatever the limits are.
  case slowDown
}

/// Why an account stops.
package enum ParkReason: String, Sendable {
  /// The key was refused.
  case credential
  /// Credit, a spend limit or a day's quota is used up.
  case billing
  /// The endpoint is not the provider's API: it redirects, or a proxy wants a login.
  case configuration
  /// The provider serves nobody where the route comes out; the key may be as good as any.
  case route
}

/// A provider's refusal, fit to be shown and stored: scrubbed of keys, bounded in length.
package struct Refusal: Sendable, Equatable {
  /// The HTTP status; nil if there was no response.
  package let status: Int?
  /// The provider's error code or type, or one of ours such as `http_503` and `truncated`.
  package let code: String
  /// The provider's own words, at most 1,000 bytes.
  package let message: String
  package let requestID: String?
  /// What an answer used that came and may have been paid for, all zero where it does not say; nil
  /// where there was none.
  package let paid: Usage?

  package init(
    status: Int?,
    code: String,
    message: String,
    requestID: String? = nil,
    paid: Usage? = nil
  ) {
    self.status = status
    self.paid = paid
    self.code = Scrubber(limit: 100).scrub(code)
    self.message = Scrubber(limit: 1_000).scrub(message)
    self.requestID = requestID
  }
}

/// The tokens that a response says it used; zero where it says nothing.
package struct Usage: Sendable, Equatable {
  /// As the provider counts them: without cached tokens at Anthropic, with them at OpenAI.
  package var inputTokens = 0
  package var outputTokens = 0
  /// Input tokens read from the provider's prompt cache.
  package var cacheRead = 0
  /// Input tokens written to the provider's prompt cache.
  package var cacheCreation = 0
  /// The tier that it was served by; nil for the usual one.
  package var tier: ServiceTier?

  package init(
    inputTokens: Int = 0,
    outputTokens: Int = 0,
    cacheRead: Int = 0,
    cacheCreation: Int = 0,
    tier: ServiceTier? = nil
  ) {
    // What no request can have used is a mistake of the provider.
    let sane = { min(max($0, 0), 1_000_000_000) }
    self.inputTokens = sane(inputTokens)
    self.outputTokens = sane(outputTokens)
    self.cacheRead = sane(cacheRead)
    self.cacheCreation = sane(cacheCreation)
    // Of what nothing was used, the tier says nothing.
    self.tier = self.inputTokens + self.outputTokens > 0 ? tier : nil
  }
}
