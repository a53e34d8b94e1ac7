package import Transport

/// The Anthropic Messages API.
package struct Anthropic: Provider {
  package init() {}
  package var name: String { "anthropic" }
  package var defaultEndpoint: Endpoint { .anthropic }
  package var headers: [(name: String, value: String)] {
    [("content-type", "application/json"), ("anthropic-version", "2023-06-01")]
  }
  package var credentialHeader: CredentialHeader { CredentialHeader(name: "x-api-key", prefix: "") }
  package var requiresMaxTokens: Bool { true }

  package func request(for payload: Payload) throws(ProviderError) -> ProviderRequest {
    throw ProviderError(message: "not built")
  }

  package func outcome(
    of response: HTTPResponse, path: String, at unixTime: Double
  ) -> Outcome {
    .completed(Usage())
  }
}
