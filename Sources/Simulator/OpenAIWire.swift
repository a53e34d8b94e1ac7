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

  /// Tokens are reserved and kept: the maximum asked for, or the estimate where that is larger.
  func bill(for answer: Answer, maxTokens: Int?, model: ChargeModel?) -> Bill {
    Bill(
      model ?? .reservedKept,
      isOneMeter: true,
      inputTokens: answer.inputTokens,
      maxTokens: maxTokens
    )
  }

  func reportedInput(of answer: Answer) -> (tokens: Int, cached: Int) {
    (answer.inputTokens, answer.cachedTokens)
  }

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
      "total_tokens":\(answer.inputTokens + answer.outputTokens),\
      "prompt_tokens_details":{"cached_tokens":\(answer.cachedTokens)}},\
      "service_tier":\(tier(of: answer))}
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
      "input_tokens_details":{"cached_tokens":\(answer.cachedTokens)},"output_tokens":\(answer.outputTokens),\
      "output_tokens_details":{"reasoning_tokens":0},\
      "total_tokens":\(answer.inputTokens + answer.outputTokens)},\
      "service_tier":\(tier(of: answer))}
      """
  }

  private func tier(of answer: Answer) -> String {
    let tier = answer.tier ?? "default"
    return tier == "auto" ? "default" : tier
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

  func headers(requestID: String, processing: Duration, organisation: String?) -> [Header] {
    [
      Header("x-request-id", requestID),
      Header("openai-processing-ms", String(Int(processing.seconds * 1000))),
      Header("openai-version", "2020-10-01"),
    ] + (organisation.map { [Header("openai-organization", $0)] } ?? [])
  }

  func limitHeaders(of account: Account, clock: WallClock, at now: Duration) -> [Header] {
    let families: [(Meter, String)] = [
      (.requests, "requests"), (.tokens, "tokens"), (.projectTokens, "project-tokens"),
    ]
    return families.flatMap { meter, family -> [Header] in
      guard let standing = account.standing(of: meter, at: now) else { return [] }
      return [
        Header("x-ratelimit-limit-\(family)", String(standing.perMinute)),
        Header("x-ratelimit-remaining-\(family)", String(standing.remaining)),
        Header("x-ratelimit-reset-\(family)", standing.untilFull.openAINotation),
      ]
    }
  }
}
