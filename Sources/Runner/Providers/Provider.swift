package import Transport

/// All that is particular to one provider: a few constants and two pure functions.
///
/// A provider sends nothing and knows no key, clock or queue; a new one is one file, its recorded
/// responses, and its line in ``providers``.
package protocol Provider: Sendable {
  /// The name that `--provider` and the job file use.
  static var name: String { get }
  /// What to know of it where one is chosen, such as "openai also serves …"; nil for nothing.
  static var remark: String? { get }
  /// Where requests go if neither flags nor job file name an endpoint.
  static var defaultEndpoint: Endpoint { get }
  /// The environment variable with the key that is used where none is named.
  static var keyVariable: String { get }
  /// The APIs among which `api` chooses for plain prompts, the usual one first.
  static var apis: [String] { get }

  /// - Parameters:
  ///   - api: one of ``apis``.
  ///   - endpoints: every endpoint that the run may send to; the default one if empty.
  init(api: String, endpoints: [Endpoint])

  /// The header fields of every request, API version and the like, without the credential.
  var headers: [(name: String, value: String)] { get }
  /// Where its API takes the parameters that have a short name, by that name; every other one goes
  /// into the body as it is.
  var parameterPlaces: [String: ParameterPlace] { get }
  /// The header field that carries the key.
  var credentialHeader: CredentialHeader { get }
  /// Whether a plain prompt without `max_tokens` is refused.
  var requiresMaxTokens: Bool { get }
  /// Whether plain prompts get answers of which each token is billed; embeddings do not.
  var billsOutput: Bool { get }
  /// How requests are charged to an account's limits.
  var charges: ChargeModel { get }
  /// Whether the input tokens that it reports hold those read from its cache.
  var countsCacheInInput: Bool { get }

  /// The organisation that a response was charged to, where it says so.
  func organisation(of response: HTTPResponse) -> String?

  /// The provider's own id of the request, which its support asks for.
  func requestID(of response: HTTPResponse) -> String?

  /// What it takes of PDFs and images for a model; nil for none.
  func attachmentRules(for model: String) -> AttachmentRules?

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

  package init(name: String, prefix: String) {
    self.name = name
    self.prefix = prefix
  }
}

/// One request to a provider, to be joined to an ``Endpoint``.
package struct ProviderRequest: Sendable, Equatable {
  /// The path with its version, such as `/v1/messages`.
  package let path: String
  /// The model, where the path names it and the body does not.
  package let pathModel: PathModel?
  /// A JSON object.
  package let body: ArraySlice<UInt8>
  /// A header field that takes the place of the provider's own of this name.
  package private(set) var header: HeaderField?

  /// A request whose body names the model.
  package init(path: String, body: ArraySlice<UInt8>, header: HeaderField? = nil) {
    self.path = path
    pathModel = nil
    self.body = body
    self.header = header
  }

  /// A request whose path names the model between two parts, as in
  /// `/v1beta/models/MODEL:generateContent`.
  package init(path before: String, model: String, _ after: String, body: ArraySlice<UInt8>) {
    path = before + percentEncoded(model) + after
    pathModel = PathModel(name: model, before: before, after: after)
    self.body = body
  }

  /// The same request for the model under another name.
  package func renamed(to model: String, _ shape: RequestShape) -> ProviderRequest {
    guard let place = pathModel else {
      return ProviderRequest(path: path, body: shape.naming(model, in: body), header: header)
    }
    var request = ProviderRequest(path: place.before, model: model, place.after, body: body)
    request.header = header
    return request
  }
}

/// A header field of a request, without a secret.
package struct HeaderField: Sendable, Hashable {
  package let name: String
  package let value: String
}

/// A model and what stands around it in a path.
package struct PathModel: Sendable, Equatable {
  package let name: String
  fileprivate let before: String
  fileprivate let after: String
}

/// A name as one segment of a path (RFC 3986, section 2.1); model ids hold slashes and colons.
private func percentEncoded(_ name: String) -> String {
  let digits = Array("0123456789ABCDEF")
  return name.utf8.reduce(into: "") { text, byte in
    if isAlphanumeric(byte) || "-._~:".utf8.contains(byte) {
      text.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
  }
}

/// Why a provider cannot send a job; fails the job.
package struct ProviderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong and what to do next, in plain words.
  package let message: String

  package init(_ message: String) {
    self.message = message
  }

  package var description: String { message }
}

extension Provider {
  /// The name that `--provider` and the job file use.
  package var name: String { Self.name }

  package var billsOutput: Bool { true }
  package var parameterPlaces: [String: ParameterPlace] { [:] }
  package func attachmentRules(for model: String) -> AttachmentRules? { nil }

  /// The header fields of a request, of which one may take the place of the provider's own.
  package func headers(with field: HeaderField?) -> [(name: String, value: String)] {
    headers.map { $0.name == field?.name ? ($0.name, field?.value ?? $0.value) : $0 }
  }

  /// A provider as ``providers`` has it, with its choice of APIs checked.
  fileprivate static func made(
    _ api: String?,
    _ endpoints: [Endpoint]
  ) throws(ProviderError) -> any Provider {
    let api = api ?? apis[0]
    guard apis.contains(api) else {
      throw ProviderError(
        "\(name) has no api \"\(api)\"; choose \(apis.joined(separator: ", "))"
      )
    }
    return Self(api: api, endpoints: endpoints)
  }
}

/// Every provider there is; each says the rest in its own file.
package let providers: [any Provider.Type] = [Anthropic.self, OpenAI.self]

/// The names of the ``providers`` with what to know of them, for messages and help.
package let providerChoice: String = {
  let remarks = providers.compactMap { $0.remark }
  return providers.map { $0.name }.joined(separator: " or ")
    + (remarks.isEmpty ? "" : " (\(remarks.joined(separator: "; ")))")
}()

/// The kind of provider that a name stands for.
///
/// - Throws: a ``ProviderError`` for a name that is none of the ``providers``.
package func providerKind(named name: String) throws(ProviderError) -> any Provider.Type {
  guard let kind = providers.first(where: { $0.name == name }) else {
    throw ProviderError("unknown provider \"\(name)\"; choose \(providerChoice)")
  }
  return kind
}

/// The provider of this name.
///
/// - Parameters:
///   - name: what `--provider` or the job file says.
///   - api: where plain prompts go, one of its APIs; nil for the usual one.
///   - endpoints: every endpoint that the run may send to; the default one if empty.
/// - Throws: a ``ProviderError`` for an unknown name or `api`.
package func makeProvider(
  named name: String,
  api: String? = nil,
  endpoints: [Endpoint] = []
) throws(ProviderError) -> any Provider {
  try providerKind(named: name).made(api, endpoints)
}
