/// Anthropic's Messages API, version 2023-06-01.
struct AnthropicWire: WireFormat {
  var countsRefusals: Bool { false }

  func key(in request: ProviderRequest) -> String? {
    request.headers["x-api-key"]
  }

  func missingField(in fields: RequestFields, of request: ProviderRequest) -> String? {
    if request.headers["anthropic-version"] == nil { return "anthropic-version" }
    if fields.model == nil { return "model" }
    if fields.maxTokens == nil { return "max_tokens" }
    return fields.messages == nil ? "messages" : nil
  }

  /// Output counts as it is produced; what is read from the cache does not count.
  func bill(for answer: Answer, maxTokens: Int?, model: ChargeModel?) -> Bill {
    Bill(
      model ?? .produced,
      isOneMeter: false,
      inputTokens: answer.inputTokens - answer.cachedTokens,
      maxTokens: maxTokens
    )
  }

  func reportedInput(of answer: Answer) -> (tokens: Int, cached: Int) {
    (answer.inputTokens - answer.cachedTokens, answer.cachedTokens)
  }

  func body(of answer: Answer) -> JSON {
    let text = answer.rehearsals.map(\.text).joined()
    let isCutShort = answer.rehearsals.contains(where: \.isCutShort)
    return """
      {"id":\(identifier("msg_", answer.number)),"type":"message","role":"assistant",\
      "model":\(answer.model),"content":[{"type":"text","text":\(text)}],\
      "stop_reason":\(isCutShort ? "max_tokens" : "end_turn"),"stop_sequence":null,\
      "usage":{"input_tokens":\(answer.inputTokens - answer.cachedTokens),\
      "cache_creation_input_tokens":0,"cache_read_input_tokens":\(answer.cachedTokens),\
      "output_tokens":\(answer.outputTokens),\
      "service_tier":"standard"}}
      """
  }

  func models(_ names: [String]) -> JSON {
    let list = names.map { name -> JSON in
      """
      {"type":"model","id":\(name),"display_name":\(name),"created_at":"2026-01-01T00:00:00Z"}
      """
    }
    return """
      {"data":\(JSON(list)),"has_more":false,"first_id":\(names.first),"last_id":\(names.last)}
      """
  }

  func refuse(_ refusal: Refusal, requestID: String) -> (status: Int, body: JSON) {
    let (status, type, message) = words(for: refusal)
    let details: JSON =
      if case .terminal(.spendLimit, _) = refusal {
        #","details":{"error_code":"enforced_spend_limit_reached"}"#
      } else {
        ""
      }
    return (
      status,
      """
      {"type":"error","error":{"type":\(type),"message":\(message)\(details)},\
      "request_id":\(requestID)}
      """
    )
  }

  private func words(for refusal: Refusal) -> (status: Int, type: String, message: String) {
    switch refusal {
    case .missingKey:
      (401, "authentication_error", "x-api-key header is required")
    case .wrongKey:
      (401, "authentication_error", "invalid x-api-key")
    case .unknownPath:
      (404, "not_found_error", "Not Found")
    case .bodyTooLarge:
      (413, "request_too_large", "Request exceeds the maximum size")
    case .unreadableBody:
      (400, "invalid_request_error", "The request body is not valid JSON")
    case .missingField("anthropic-version"):
      (400, "invalid_request_error", "anthropic-version: header is required")
    case .missingField(let field):
      (400, "invalid_request_error", "\(field): Field required")
    case .belowOne(let field):
      (
        400, "invalid_request_error", "\(field): Input should be greater than or equal to 1"
      )
    case .unsupportedStreaming:
      (400, "invalid_request_error", "stream: this rehearsal does not stream")
    case .unknownModel(let model):
      (404, "not_found_error", "model: \(model)")
    case .unacceptablePrompt:
      (400, "invalid_request_error", "messages: the rehearsal was told to refuse this prompt")
    case .limitExceeded(let limit):
      (429, "rate_limit_error", exceeded(limit))
    case .rateLimitFault, .held:
      (429, "rate_limit_error", "Number of requests has exceeded your rate limit")
    case .acceleration:
      (
        429, "rate_limit_error",
        "This request would exceed your organization's acceleration limit. Ramp up your traffic "
          + "gradually and maintain consistent usage patterns"
      )
    case .terminal(let reason, let day):
      words(for: reason, regainsAccess: day)
    case .serverError:
      (500, "api_error", "Internal server error")
    case .overloaded:
      (529, "overloaded_error", "Overloaded")
    }
  }

  private func words(
    for reason: TerminalRefusal,
    regainsAccess day: String
  ) -> (status: Int, type: String, message: String) {
    let regain = "You will regain access on \(day) at 00:00 UTC."
    return switch reason {
    case .spendLimit:
      (
        429, "rate_limit_error",
        "You have reached your API usage limits: your organization has crossed its monthly API "
          + "usage threshold, set based on your organization's API tier. \(regain)"
      )
    case .usageLimit:
      (
        400, "invalid_request_error",
        "You have reached your specified API usage limits. \(regain)"
      )
    case .credit:
      (
        400, "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing "
          + "to upgrade or purchase credits."
      )
    case .disabled:
      (400, "invalid_request_error", "This organization has been disabled.")
    }
  }

  private func exceeded(_ limit: LimitExceeded) -> String {
    let metered =
      switch limit.meter {
      case .requests: "requests"
      case .inputTokens: "input tokens"
      case .outputTokens, .tokens, .projectTokens: "output tokens"
      }
    return "This request would exceed your organization's rate limit of "
      + "\(limit.perMinute) \(metered) per minute"
  }

  func headers(requestID: String, processing: Duration, organisation: String?) -> [Header] {
    [Header("request-id", requestID)]
      + (organisation.map { [Header("anthropic-organization-id", $0)] } ?? [])
  }

  func limitHeaders(of account: Account, clock: WallClock, at now: Duration) -> [Header] {
    var headers: [Header] = []
    func add(_ family: String, _ standing: MeterStanding, roundedTo unit: Int) {
      let remaining = (standing.remaining + unit / 2) / unit * unit
      let prefix = "anthropic-ratelimit-\(family)-"
      headers.append(Header(prefix + "limit", String(standing.perMinute)))
      headers.append(Header(prefix + "remaining", String(remaining)))
      headers.append(Header(prefix + "reset", clock.rfc3339(at: now + standing.untilFull)))
    }
    if let requests = account.standing(of: .requests, at: now) {
      add("requests", requests, roundedTo: 1)
    }
    let input = account.standing(of: .inputTokens, at: now)
    let output = account.standing(of: .outputTokens, at: now)
    if let input { add("input-tokens", input, roundedTo: 1000) }
    if let output { add("output-tokens", output, roundedTo: 1000) }
    if let tightest = [input, output].compactMap(\.self).min(by: { $0.share < $1.share }) {
      add("tokens", tightest, roundedTo: 1000)
    }
    return headers
  }
}

extension MeterStanding {
  /// What is left, as a share of the limit.
  fileprivate var share: Double { Double(remaining) / Double(perMinute) }
}
