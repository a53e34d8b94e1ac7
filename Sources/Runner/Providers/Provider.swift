package import Transport

/// What one provider's wire format looks like: two pure functions and a few constants.
///
/// A provider sends nothing and knows no key, clock or queue; a new one is one file and its
/// recorded responses.
package protocol Provider: Sendable {
  /// The name that `--provider` and the job file use.
  var name: String { get }
  /// Where requests go if neither flags nor job file name an endpoint.
  var defaultEndpoint: Endpoint { get }
  /// The header fields of every request, without the credential.
  var headers: [(name: String, value: String)] { get }
  /// The header field that carries the key.
  var credentialHeader: CredentialHeader { get }
  /// Whether a plain prompt without `max_tokens` is refused.
  var requiresMaxTokens: Bool { get }
  /// How requests are charged to an account's limits.
  var charges: ChargeModel { get }

  /// Builds the request for one job.
  ///
  /// - Throws: a ``ProviderError`` that fails the job, when this provider cannot send it.
  func request(for payload: Payload) throws(ProviderError) -> ProviderRequest

  /// Judges a whole response: the error code in its body first, then its status.
  ///
  /// - Parameters:
  ///   - response: the response as it came, of any status.
  ///   - path: the path of the ``ProviderRequest`` that it answers.
  ///   - unixTime: when it arrived, in seconds since 1970, against which dates are read.
  /// - Returns: the result's usage, or the exit that the job takes.
  func outcome(of response: HTTPResponse, path: String, at unixTime: Double) -> Outcome
}

/// The header field that carries a key.
package struct CredentialHeader: Sendable, Equatable {
  /// The field's name in lower case.
  package let name: String
  /// What stands before the key, its trailing blank included; empty if nothing.
  package let prefix: String
}

/// One request to a provider, to be joined to an ``Endpoint``.
package struct ProviderRequest: Sendable, Equatable {
  /// The path with its version, such as `/v1/messages`.
  package let path: String
  /// A JSON object.
  package let body: ArraySlice<UInt8>

  package init(path: String, body: ArraySlice<UInt8>) {
    self.path = path
    self.body = body
  }
}

/// Why a provider cannot send a job; fails the job.
package struct ProviderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong and what to do next, in plain words.
  package let message: String

  package var description: String { message }
}

extension Provider {
  /// The organisation that a response was charged to, where it says so.
  package func organisation(of response: HTTPResponse) -> String? {
    response.header("anthropic-organization-id") ?? response.header("openai-organization")
  }

  /// The provider's own id of the request, which its support asks for.
  package func requestID(of response: HTTPResponse) -> String? {
    response.header("request-id") ?? response.header("x-request-id")
  }
}

/// The provider of this name, one of ``providerNames``.
///
/// - Parameters:
///   - name: what `--provider` or the job file says.
///   - api: the `api` of the job file, which plain prompts go to; only `openai` has a choice.
///   - endpoints: every endpoint that the run may send to; the default one if empty.
/// - Returns: the provider.
/// - Throws: a ``ProviderError`` for an unknown name or `api`.
package func makeProvider(
  named name: String,
  api: String? = nil,
  endpoints: [Endpoint] = []
) throws(ProviderError) -> any Provider {
  switch name {
  case "anthropic":
    guard api == nil || api == "messages" else {
      throw ProviderError(message: "anthropic has no api \"\(api ?? "")\"; leave `api` out")
    }
    return Anthropic()
  case "openai":
    guard let chosen = OpenAI.API(rawValue: api ?? "chat") else {
      throw ProviderError(
        message: "openai has no api \"\(api ?? "")\"; choose chat, responses or embeddings"
      )
    }
    return OpenAI(api: chosen, endpoints: endpoints)
  default:
    throw ProviderError(
      message: "unknown provider \"\(name)\"; choose \(providerNames.joined(separator: " or ")) "
        + "(openai also serves every compatible server)"
    )
  }
}

/// Every name that ``makeProvider(named:api:endpoints:)`` knows.
package let providerNames = ["anthropic", "openai"]
