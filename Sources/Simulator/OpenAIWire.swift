/// OpenAI's Chat Completions, Responses and Embeddings APIs.
struct OpenAIWire: WireFormat {
  var countsRefusals: Bool { true }

  func key(in request: ProviderRequest) -> String? {
    guard let value = request.headers["authorization"], value.hasPrefix("Bearer ") else {
      return nil
    }
    return String(value.dropFirst("Bearer ".count))
  }

  func missingField(in fields: RequestFields, of request: ProviderRequest) -> String? {
    if fields.model == nil { return "model" }
    if request.endpoint == .chatCompletions { return fields.messages == nil ? "messages" : nil }
    return fields.input == nil ? "input" : nil
  }

  /// Tokens are reserved: the maximum asked for, or the estimate where that is larger.
  func demands(of rehearsals: [Rehearsal], maxTokens: Int?) -> [Meter: Int] {
    let estimate = rehearsals.reduce(0) { $0 + $1.inputTokens }
    return [.requests: 1, .tokens: max(maxTokens ?? 0, estimate)]
  }

  func costs(ofAnswer outputTokens: Int) -> [Meter: Int] { [:] }

  func body(of answer: Answer) -> JSON {
    switch answer.endpoint {
    case .responses: response(answer)
    case .embeddings: embeddings(answer)
    case .chatCompletions, .messages, .models: chatCompletion(answer)
    }
  }

  private func chatCompletion(_ answer: Answer) -> JSON {
    let text = answer.rehearsals.map(\.text).joined()
    let isCutShort = answer.rehearsals.contains(where: \.isCutShort)
    return """
      {"id":\(identifier("chatcmpl-", answer.number)),"object":"chat.completion",\
      "created":\(answer.created),"model":\(answer.model),"choices":[{"index":0,\
      "message":{"role":"assistant","content":\(text),"refusal":null,"annotations":[]},\
      "logprobs":null,"finish_reason":\(isCutShort ? "length" : "stop")}],\
      "usage":{"prompt_tokens":\(answer.inputTokens),"completion_tokens":\(answer.outputTokens),\
      "total_tokens":\(answer.inputTokens + answer.outputTokens)},"service_tier":"default"}
      """
  }

  private func response(_ answer: Answer) -> JSON {
    let text = answer.rehearsals.map(\.text).joined()
    let isCutShort = answer.rehearsals.contains(where: \.isCutShort)
    let status = isCutShort ? "incomplete" : "completed"
    let details: JSON = isCutShort ? #"{"reason":"max_output_tokens"}"# : "null"
    return """
      {"id":\(identifier("resp_", answer.number)),"object":"response",\
      "created_at":\(answer.created),"status":\(status),"error":null,\
      "incomplete_details":\(details),"model":\(answer.model),"output":[{"type":"message",\
      "id":\(identifier("msg_", answer.number)),"status":\(status),"role":"assistant",\
      "content":[{"type":"output_text","text":\(text),"annotations":[]}]}],\
      "usage":{"input_tokens":\(answer.inputTokens),\
      "input_tokens_details":{"cached_tokens":0},"output_tokens":\(answer.outputTokens),\
      "output_tokens_details":{"reasoning_tokens":0},\
      "total_tokens":\(answer.inputTokens + answer.outputTokens)}}
      """
  }

  private func embeddings(_ answer: Answer) -> JSON {
    let data = answer.prompts.enumerated().map { index, prompt -> JSON in
      let vector = Rehearsal.embedding(of: prompt, dimensions: answer.dimensions)
      let numbers = JSON(vector.map { "\($0)" })
      return "{\"object\":\"embedding\",\"index\":\(index),\"embedding\":\(numbers)}"
    }
    return """
      {"object":"list","data":\(JSON(data)),"model":\(answer.model),\
      "usage":{"prompt_tokens":\(answer.inputTokens),"total_tokens":\(answer.inputTokens)}}
      """
  }

  func models(_ names: [String]) -> JSON {
    let list = names.map { name -> JSON in
      "{\"id\":\(name),\"object\":\"model\",\"created\":1767225600,\"owned_by\":\"rehearsal\"}"
    }
    return "{\"object\":\"list\",\"data\":\(JSON(list))}"
  }

  func refuse(_ refusal: Refusal, requestID: String) -> (status: Int, body: JSON) {
    let error = OpenAIError(refusal)
    return (
      error.status,
      """
      {"error":{"message":\(error.message),"type":\(error.type),"param":\(error.parameter),\
      "code":\(error.code)}}
      """
    )
  }

  func headers(
    requestID: String,
    processing: Duration,
    account: inout Account?,
    clock: WallClock,
    at now: Duration
  ) -> [Header] {
    var headers = [
      Header("x-request-id", requestID),
      Header("openai-processing-ms", String(Int(processing.seconds * 1000))),
      Header("openai-version", "2020-10-01"),
    ]
    if let organisation = account?.organisation {
      headers.append(Header("openai-organization", organisation))
    }
    for (meter, family) in [(Meter.requests, "requests"), (.tokens, "tokens")] {
      guard let standing = account?.standing(of: meter, at: now) else { continue }
      headers.append(Header("x-ratelimit-limit-\(family)", String(standing.perMinute)))
      headers.append(Header("x-ratelimit-remaining-\(family)", String(standing.remaining)))
      headers.append(Header("x-ratelimit-reset-\(family)", standing.untilFull.openAINotation))
    }
    return headers
  }
}
