import JSON
package import Transport

/// The OpenAI API (platform.openai.com/docs), which many other servers speak too.
///
/// Native lines may name any path; plain prompts go to the one of the chosen ``API``.
package struct OpenAI: Provider {
  /// Where plain prompts go.
  package enum API: String, Sendable, CaseIterable {
    case chat
    case responses
    case embeddings

    fileprivate var path: String {
      switch self {
      case .chat: "/v1/chat/completions"
      case .responses: "/v1/responses"
      case .embeddings: "/v1/embeddings"
      }
    }

    fileprivate var places: [String: ParameterPlace] {
      var places: [String: ParameterPlace] = ["anthropic_version": .nowhere("openai")]
      switch self {
      case .chat:
        places["effort"] = .member(["reasoning_effort"])
        places["schema"] = .schema(
          ["response_format"],
          before: #"{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":"#,
          after: "}}"
        )
      case .responses:
        places["stop"] = .nowhere("the responses API")
        places["effort"] = .member(["reasoning", "effort"])
        places["schema"] = .schema(
          ["text", "format"],
          before: #"{"type":"json_schema","name":"answer","strict":true,"schema":"#,
          after: "}"
        )
      case .embeddings:
        for name in ["temperature", "top_p", "stop", "effort", "schema"] {
          places[name] = .nowhere("the embeddings API")
        }
      }
      return places
    }
  }

  package static let name = "openai"
  package static let remark: String? = "openai also serves every compatible server"
  package static let defaultEndpoint = Endpoint(officialHost: "api.openai.com")
  package static let keyVariable = "OPENAI_API_KEY"
  package static let apis = API.allCases.map(\.rawValue)

  private let api: API
  /// `max_completion_tokens` at OpenAI, whose newer models refuse `max_tokens`; compatible servers
  /// often know only the older name.
  private let chatLimitField: String

  package init(api: String, endpoints: [Endpoint]) {
    self.init(api: API(rawValue: api) ?? .chat, endpoints: endpoints)
  }

  /// Makes the provider for these endpoints; none means OpenAI itself.
  package init(api: API = .chat, endpoints: [Endpoint] = []) {
    self.api = api
    let isOpenAI = endpoints.allSatisfy { $0.host == Self.defaultEndpoint.host }
    chatLimitField = isOpenAI ? "max_completion_tokens" : "max_tokens"
    let isGemini =
      !endpoints.isEmpty
      && endpoints.allSatisfy { $0.host == "generativelanguage.googleapis.com" }
    charges = isGemini ? .gemini : .openAI
  }

  package var headers: [(name: String, value: String)] { [("content-type", "application/json")] }
  package var parameterPlaces: [String: ParameterPlace] { api.places }
  package var credentialHeader: CredentialHeader {
    CredentialHeader(name: "authorization", prefix: "Bearer ")
  }
  package let charges: ChargeModel
  package var requiresMaxTokens: Bool { false }
  package var billsOutput: Bool { api != .embeddings }
  package var countsCacheInInput: Bool { true }

  package func organisation(of response: HTTPResponse) -> String? {
    response.header("openai-organization")
  }

  /// Servers that speak its API name the id as others do, too.
  package func requestID(of response: HTTPResponse) -> String? {
    response.header("x-request-id") ?? response.header("request-id")
  }

  package func outcome(
    of response: HTTPResponse,
    path: String,
    at unixTime: Double
  ) -> Outcome {
    Self.policy.outcome(of: response, at: unixTime, usage: Self.usage(of:)) { body in
      guard Self.isResult(body, of: path) else { return nil }
      return Completion(Self.usage(of: body), finish: Self.finish(of: body))
    }
  }
}

// Requests.
extension OpenAI {
  package func request(for payload: Payload) throws(ProviderError) -> ProviderRequest {
    switch payload {
    case .native(let path, let body):
      guard let path else {
        throw ProviderError(
          "the line has Anthropic's batch shape (params), but the provider is openai"
        )
      }
      guard isPlainPath(path) else {
        throw ProviderError(
          "the line's url is not a path such as /v1/chat/completions"
        )
      }
      return ProviderRequest(path: path, body: body)
    case .prompt(let prompt):
      return ProviderRequest(path: api.path, body: try body(prompt)[...])
    }
  }

  private func body(_ prompt: Prompt) throws(ProviderError) -> [UInt8] {
    var body = prompt.emptyBody
    body.appendRaw("{\"model\":")
    body.appendJSON(prompt.model)
    switch api {
    case .chat:
      appendChat(prompt, to: &body)
      body.appendRaw(Self.noStream)
    case .responses:
      appendResponses(prompt, to: &body)
      body.appendRaw(Self.noStream)
    case .embeddings:
      guard prompt.system == nil else {
        throw ProviderError("embeddings take no system prompt; leave system out")
      }
      guard prompt.attachments.isEmpty else {
        throw ProviderError("embeddings are made of text; leave PDFs and images out")
      }
      body.appendRaw(",\"input\":")
      body.appendJSON(prompt.text)
    }
    body += prompt.parameters.members
    body.append(UInt8(ascii: "}"))
    return body
  }

  /// Said although it is the default, since there are servers whose default is another.
  private static let noStream = ",\"stream\":false"

  private func appendChat(_ prompt: Prompt, to body: inout [UInt8]) {
    if let maxTokens = prompt.maxTokens {
      body.appendRaw(",\"\(chatLimitField)\":\(maxTokens)")
    }
    body.appendRaw(",\"messages\":[")
    if let system = prompt.system {
      body.appendRaw("{\"role\":\"system\",\"content\":")
      body.appendJSON(system)
      body.appendRaw("},")
    }
    body.appendRaw("{\"role\":\"user\",\"content\":")
    if prompt.attachments.isEmpty {
      body.appendJSON(prompt.text)
    } else {
      appendParts(of: prompt, text: "text", to: &body, Self.appendChatPart)
    }
    body.appendRaw("}]")
  }

  private func appendResponses(_ prompt: Prompt, to body: inout [UInt8]) {
    if let maxTokens = prompt.maxTokens {
      body.appendRaw(",\"max_output_tokens\":\(maxTokens)")
    }
    if let system = prompt.system {
      body.appendRaw(",\"instructions\":")
      body.appendJSON(system)
    }
    body.appendRaw(",\"input\":")
    guard !prompt.attachments.isEmpty else { return body.appendJSON(prompt.text) }
    body.appendRaw("[{\"role\":\"user\",\"content\":")
    appendParts(of: prompt, text: "input_text", to: &body, Self.appendResponsesPart)
    body.appendRaw("}]")
  }

  /// Whether a line's path can be joined to any endpoint and stays on it.
  private func isPlainPath(_ path: String) -> Bool {
    path.hasPrefix("/")
      && path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        .allSatisfy(isPathSegment)
  }
}

// Results.
extension OpenAI {
  /// Whether a body has the shape of what this path returns; other paths may return any object.
  private static func isResult(_ body: JSONValue, of path: String) -> Bool {
    guard body.kind == .object, !ErrorBody.isReported(in: body) else { return false }
    switch path {
    case "/v1/chat/completions", "/v1/completions": return body["choices"]?.kind == .array
    case "/v1/responses": return body["output"]?.kind == .array && isDelivered(body)
    case "/v1/embeddings", "/v1/images/generations", "/v1/images/edits":
      return body["data"]?.kind == .array
    case "/v1/moderations": return body["results"]?.kind == .array
    default: return true
    }
  }

  private static func saysSomething(_ choice: JSONValue) -> Bool {
    ["message", "text", "delta"].contains { choice[$0]?.saysSomething ?? false }
  }

  /// One cut short (`incomplete`) or left running (`queued`, on request) is what was asked for.
  private static func isDelivered(_ body: JSONValue) -> Bool {
    let status = body["status"]?.string
    return status != "failed" && status != "cancelled"
  }

  /// Chat tells it for each choice, responses for the whole answer; a refusal may stand in the text's
  /// place only.
  private static func finish(of body: JSONValue) -> FinishReason? {
    if let choices = body["choices"]?.elements {
      let reason = FinishReason.worst(choices.compactMap(finish(ofChoice:)))
      return choices.contains(where: saysSomething) ? reason : .silent(reason)
    }
    if body["data"]?.elements?.isEmpty == true { return .empty }
    let contents = body["output"]?.elements?.flatMap { $0["content"]?.elements ?? [] } ?? []
    if contents.contains(where: { $0["type"]?.string == "refusal" }) { return .refusal }
    let reason = (body["incomplete_details"]?["reason"] ?? body["status"])?.string
      .flatMap(FinishReason.init)
    let isSilent = body["output"].map { !$0.saysSomething } ?? false
    return isSilent ? .silent(reason) : reason
  }

  private static func finish(ofChoice choice: JSONValue) -> FinishReason? {
    if ErrorBody.isReported(in: choice) { return .error }
    if choice["message"]?["refusal"]?.string?.isEmpty == false { return .refusal }
    return choice["finish_reason"]?.string.flatMap(FinishReason.init)
  }

  /// Chat counts prompt and completion tokens, responses input and output tokens.
  private static func usage(of body: JSONValue) -> Usage {
    guard let usage = body["usage"] else { return Usage() }
    let details = usage["prompt_tokens_details"] ?? usage["input_tokens_details"]
    return Usage(
      input: usage["prompt_tokens"] ?? usage["input_tokens"],
      output: usage["completion_tokens"] ?? usage["output_tokens"],
      cacheRead: details?["cached_tokens"],
      tier: body["service_tier"]
    )
  }

  /// The generic `invalid_request_error` is left to the status it comes with.
  private static let policy = RefusalPolicy(
    phrases: [
      // Comes as 429, but no wait makes a request fit a limit that it exceeds by itself.
      ("Request too large for", .fail),
      ("You exceeded your current quota", .park(.billing)),
      ("Your account is not active", .park(.billing)),
      // Google's words, which come as 400 from its compatible endpoint.
      ("API key not valid", .park(.credential)),
      ("API key expired", .park(.credential)),
    ],
    codes: [
      "rate_limit_exceeded": .pace,
      "rate_limit_error": .pace,
      "slow_down": .slowDown,
      "insufficient_quota": .park(.billing),
      "credit_balance_exhausted": .park(.billing),
      "organization_spend_limit_exceeded": .park(.billing),
      "project_spend_limit_exceeded": .park(.billing),
      "organization_usage_limit_exceeded": .park(.billing),
      "billing_hard_limit_reached": .park(.billing),
      "billing_not_active": .park(.billing),
      "invalid_api_key": .park(.credential),
      "ip_not_authorized": .park(.route),
      "account_deactivated": .park(.credential),
      "access_terminated": .park(.credential),
      "invalid_organization": .park(.credential),
      "mismatched_organization": .park(.credential),
      "unsupported_country_region_territory": .park(.route),
      "server_is_overloaded": .overload,
      // No room in the flex tier, at OpenAI and at Groq.
      "resource_unavailable": .overload,
      "capacity_exceeded": .overload,
      // OpenRouter's, as 402: the credit is enough once what is under way has ended.
      "in_flight_budget_exhausted": .pace,
      // Mistral's, whose codes are numbers.
      "service_tier_capacity_exceeded": .overload,
      "rate_limited": .pace,
      "server_error": .retry,
      "model_not_found": .fail,
      "context_length_exceeded": .fail,
      "invalid_prompt": .fail,
    ]
  )
}

extension ChargeModel {
  /// The larger of `max_tokens` and the estimate, from one limit on tokens; refusals count
  /// (platform.openai.com/docs/guides/rate-limits).
  package static let openAI = ChargeModel(
    output: .reserved,
    sharesTokens: true,
    countsRefusals: true
  )
  /// Input alone (ai.google.dev/gemini-api/docs/rate-limits); refusals count.
  package static let gemini = ChargeModel(output: .input, countsRefusals: true)
}
