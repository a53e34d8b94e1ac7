package import Transport

/// The OpenAI API, which many other servers speak too.
package struct OpenAI: Provider {
  /// Where plain prompts go; native lines name their own path.
  package enum API: String, Sendable {
    case chat
    case responses
    case embeddings
  }

  private let api: API

  package init(api: API = .chat, endpoints: [Endpoint] = []) {
    self.api = api
  }

  package var name: String { "openai" }
  package var defaultEndpoint: Endpoint { .openAI }
  package var headers: [(name: String, value: String)] { [("content-type", "application/json")] }
  package var credentialHeader: CredentialHeader {
    CredentialHeader(name: "authorization", prefix: "Bearer ")
  }
  package var requiresMaxTokens: Bool { false }

  package func request(for payload: Payload) throws(ProviderError) -> ProviderRequest {
    throw ProviderError(message: "not built")
  }

  package func outcome(
    of response: HTTPResponse, path: String, at unixTime: Double
  ) -> Outcome {
    .completed(Usage())
  }
}
