import JSON
package import Transport

/// The Anthropic Messages API (platform.claude.com/docs/en/api/messages and …/errors).
package struct Anthropic: Provider {
  private static let messagesPath = "/v1/messages"

  package static let name = "anthropic"
  package static let remark: String? = nil
  package static let defaultEndpoint = Endpoint(officialHost: "api.anthropic.com")
  package static let keyVariable = "ANTHROPIC_API_KEY"
  package static let apis = ["messages"]

  package init() {}

  package init(api: String, endpoints: [Endpoint]) {}

  package var headers: [(name: String, value: String)] {
    [("content-type", "application/json"), ("anthropic-version", "2023-06-01")]
  }
  package var parameterPlaces: [String: ParameterPlace] {
    [
      "stop": .list(["stop_sequences"]), "effort": .member(["output_config", "effort"]),
      "schema": .schema(
        ["output_config", "format"],
        before: #"{"type":"json_schema","schema":"#,
        after: "}"
      ),
      "anthropic_version": .header("anthropic-version"),
    ]
  }
  package var credentialHeader: CredentialHeader { CredentialHeader(name: "x-api-key", prefix: "") }
  package var charges: ChargeModel { .anthropic }
  package var requiresMaxTokens: Bool { true }
  package var countsCacheInInput: Bool { false }

  package func organisation(of response: HTTPResponse) -> String? {
    response.header("anthropic-organization-id")
  }

  package func requestID(of response: HTTPResponse) -> String? {
    response.header("request-id")
  }

  package func request(for payload: Payload) throws(ProviderError) -> ProviderRequest {
    switch payload {
    case .native(let path, let body):
      guard path == nil || path == Self.messagesPath else {
        throw ProviderError(
          "the line's url is \(path ?? ""), but the provider is anthropic, "
            + "which serves \(Self.messagesPath)"
        )
      }
      return ProviderRequest(path: Self.messagesPath, body: body)
    case .prompt(let prompt):
      return ProviderRequest(
        path: Self.messagesPath,
        body: try Self.body(prompt)[...],
        header: prompt.parameters.header
      )
    }
  }

  private static func body(_ prompt: Prompt) throws(ProviderError) -> [UInt8] {
    guard let maxTokens = prompt.maxTokens else {
      throw ProviderError("anthropic needs max_tokens: set --max-tokens or `max_tokens`")
    }
    var body = prompt.emptyBody
    body.appendRaw("{\"model\":")
    body.appendJSON(prompt.model)
    body.appendRaw(",\"max_tokens\":")
    body.appendJSON(maxTokens)
    if let system = prompt.system {
      body.appendRaw(",\"system\":")
      body.appendJSON(system)
    }
    body.appendRaw(",\"messages\":[{\"role\":\"user\",\"content\":")
    appendContent(of: prompt, to: &body)
    // Said although it is the default, since there are servers whose default is another.
    body.appendRaw("}],\"stream\":false")
    body += prompt.parameters.members
    body.append(UInt8(ascii: "}"))
    return body
  }

  /// Files come before what is asked about them, as the provider advises.
  private static func appendContent(of prompt: Prompt, to body: inout [UInt8]) {
    guard !prompt.attachments.isEmpty else { return body.appendJSON(prompt.text) }
    body.append(UInt8(ascii: "["))
    for (place, file) in prompt.attachments.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body.appendRaw("{\"type\":\"\(file.isPDF ? "document" : "image")\",\"source\":")
      body.appendRaw("{\"type\":\"base64\",\"media_type\":\"\(file.mediaType)\",\"data\":\"")
      body.appendBase64(file.bytes)
      body.appendRaw("\"}}")
    }
    if !prompt.text.isEmpty {
      body.appendRaw(",{\"type\":\"text\",\"text\":")
      body.appendJSON(prompt.text)
      body.append(UInt8(ascii: "}"))
    }
    body.append(UInt8(ascii: "]"))
  }

  package func outcome(
    of response: HTTPResponse,
    path: String,
    at unixTime: Double
  ) -> Outcome {
    Self.policy.outcome(of: response, at: unixTime, usage: { Self.usage($0["usage"]) }) { body in
      let type = body["type"]
      guard type == nil || type?.string == "message", let content = body["content"],
        content.kind == .array
      else { return nil }
      let reason = body["stop_reason"]?.string.flatMap(FinishReason.init)
      return Completion(
        Self.usage(body["usage"]),
        finish: content.saysSomething ? reason : .silent(reason)
      )
    }
  }

  private static func usage(_ usage: JSONValue?) -> Usage {
    Usage(
      input: usage?["input_tokens"],
      output: usage?["output_tokens"],
      cacheRead: usage?["cache_read_input_tokens"],
      cacheCreation: usage?["cache_creation_input_tokens"],
      tier: usage?["service_tier"]
    )
  }

  /// The generic `invalid_request_error` and `api_error` are left to the status they come with.
  private static let policy = RefusalPolicy(
    phrases: [
      // Spend limits that one sets oneself come as 400, for the organisation or the workspace.
      ("You have reached your specified", .park(.billing)),
      ("Your credit balance is too low", .park(.billing)),
      ("This organization has been disabled", .park(.credential)),
      ("Your organization has been disabled", .park(.credential)),
      ("Your account has been disabled", .park(.credential)),
      // Said of where a request comes from, with the type `forbidden`.
      ("Request not allowed", .park(.route)),
    ],
    codes: [
      "enforced_spend_limit_reached": .park(.billing),
      "contract_spend_limit_reached": .park(.billing),
      "linked_organization_spend_limit_reached": .park(.billing),
      "linked_organization_billing_unavailable": .park(.billing),
      "organization_on_hold": .park(.credential),
      "claude_code_key_creator_not_member": .park(.credential),
      "cmek_key_disabled": .park(.configuration),
      "cmek_key_network_blocked": .park(.configuration),
      "workspace_human_review_disabled": .park(.configuration),
      "ramp_limit_exceeded": .slowDown,
      "cmek_key_unreachable": .overload,
      "cmek_context_unavailable": .overload,
      "request_body_timeout": .retry,
      // About the user on whose behalf, an image or a file of the one request.
      "user_profile_billing_not_authorized": .fail,
      "user_profile_not_billable": .fail,
      "image_dimensions_too_large": .fail,
      "file_expired": .fail,
      "authentication_error": .park(.credential),
      "billing_error": .park(.billing),
      "permission_error": .park(.credential),
      "not_found_error": .fail,
      "request_too_large": .fail,
      "rate_limit_error": .pace,
      "conflict_error": .retry,
      "timeout_error": .overload,
      "overloaded_error": .overload,
    ]
  )
}

extension ChargeModel {
  /// Input net of cache reads, output as it is produced
  /// (platform.claude.com/docs/en/api/rate-limits).
  package static let anthropic = ChargeModel(output: .produced)
}
