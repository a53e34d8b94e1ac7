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

  /// Output counts as it is produced: at admission there need only be some left.
  func demands(of rehearsals: [Rehearsal], maxTokens: Int?) -> [Meter: Int] {
    [
      .requests: 1, .inputTokens: rehearsals.reduce(0) { $0 + $1.inputTokens }, .outputTokens: 1,
    ]
  }

  func costs(ofAnswer outputTokens: Int) -> [Meter: Int] {
    [.outputTokens: outputTokens - 1]
  }

  func body(of answer: Answer) -> JSON {
    let text = answer.rehearsals.map(\.text).joined()
    let isCutShort = answer.rehearsals.contains(where: \.isCutShort)
    return """
      {"id":\(identifier("msg_", answer.number)),"type":"message","role":"assistant",\
      "model":\(answer.model),"content":[{"type":"text","text":\(text)}],\
      "stop_reason":\(isCutShort ? "max_tokens" : "end_turn"),"stop_sequence":null,\
      "usage":{"input_tokens":\(answer.inputTokens),"cache_creation_input_tokens":0,\
      "cache_read_input_tokens":0,"output_tokens":\(answer.outputTokens),\
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
    return (
      status,
      """
      {"type":"error","error":{"type":\(type),"message":\(message)},"request_id":\(requestID)}
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
    case .rateLimitFault:
      (429, "rate_limit_error", "Number of requests has exceeded your rate limit")
    case .serverError:
      (500, "api_error", "Internal server error")
    case .overloaded:
      (529, "overloaded_error", "Overloaded")
    }
  }

  private func exceeded(_ limit: LimitExceeded) -> String {
    let metered =
      switch limit.meter {
      case .requests: "requests"
      case .inputTokens: "input tokens"
      case .outputTokens, .tokens: "output tokens"
      }
    return "This request would exceed your organization's rate limit of "
      + "\(limit.perMinute) \(metered) per minute"
  }

  func headers(
    requestID: String,
    processing: Duration,
    account: inout Account?,
    clock: WallClock,
    at now: Duration
  ) -> [Header] {
    var headers = [Header("request-id", requestID)]
    if let organisation = account?.organisation {
      headers.append(Header("anthropic-organization-id", organisation))
    }
    func add(_ family: String, _ standing: MeterStanding, roundedTo unit: Int) {
      let remaining = (standing.remaining + unit / 2) / unit * unit
      let prefix = "anthropic-ratelimit-\(family)-"
      headers.append(Header(prefix + "limit", String(standing.perMinute)))
      headers.append(Header(prefix + "remaining", String(remaining)))
      headers.append(Header(prefix + "reset", clock.rfc3339(at: now + standing.untilFull)))
    }
    if let requests = account?.standing(of: .requests, at: now) {
      add("requests", requests, roundedTo: 1)
    }
    let input = account?.standing(of: .inputTokens, at: now)
    let output = account?.standing(of: .outputTokens, at: now)
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
