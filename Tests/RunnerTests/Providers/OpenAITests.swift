import Runner
import Testing
import Transport

@Suite struct `OpenAI provider` {
  private static let chat = "/v1/chat/completions"

  private static func error(_ code: String?, _ message: String = "x", type: String = "t") -> String
  {
    #"{"error":{"message":"\#(message)","type":"\#(type)","param":null,"#
      + #""code":\#(code.map { "\"\($0)\"" } ?? "null")}}"#
  }

  private static let completion = """
    {"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":\
    "assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,\
    "completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4}}}
    """

  static let fixtures: [ResponseFixture] = [
    .init("completion", 200, completion, .completed),
    .init("no usage", 200, #"{"choices":[{"message":{}}]}"#, .completed),
    .init("error: null", 200, #"{"choices":[{"message":{}}],"error":null}"#, .completed),
    .init("truncated", 200, String(completion.dropLast()), .retry, code: "truncated"),
    .init("shape of another path", 200, #"{"data":[]}"#, .fail, code: "unexpected_body"),
    .init("not an object", 200, "[]", .fail, code: "unexpected_body"),
    .init("router, status as code", 200, #"{"error":{"code":429,"message":"x"}}"#, .pace),
    .init("router, choices and error", 200, #"{"choices":[],"error":{"code":502}}"#, .retry),
    .init(
      "request",
      400,
      error(nil, type: "invalid_request_error"),
      .fail,
      code: "invalid_request_error"
    ),
    .init("context", 400, error("context_length_exceeded"), .fail),
    .init(
      "wrong key",
      401,
      error("invalid_api_key", "Incorrect API key provided: sk-ab***yz"),
      .park(.credential),
      code: "invalid_api_key"
    ),
    .init(
      "not a member",
      401,
      error(
        nil,
        "You must be a member of an organization to use the API",
        type: "invalid_request_error"
      ),
      .park(.credential)
    ),
    .init("address not allowed", 401, error("ip_not_authorized"), .park(.route)),
    .init("country", 403, error("unsupported_country_region_territory"), .park(.route)),
    .init("model of another project", 403, error("model_not_found"), .fail),
    .init("model", 404, error("model_not_found"), .fail, code: "model_not_found"),
    .init(
      "model, vLLM",
      404,
      #"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","#
        + #""param":null,"code":404}"#,
      .fail,
      code: "NotFoundError"
    ),
    .init("path, FastAPI", 404, #"{"detail":"Not Found"}"#, .fail, code: "http_404"),
    .init("words, Ollama", 500, #"{"error":"model runner has stopped"}"#, .retry, code: "http_500"),
    .init("list, FastAPI", 422, #"{"detail":[{"msg":"field required"}]}"#, .fail),
    .init(
      "rate limit",
      429,
      error("rate_limit_exceeded", type: "requests"),
      .pace,
      code: "rate_limit_exceeded"
    ),
    .init(
      "never fits",
      429,
      error(
        "rate_limit_exceeded",
        "Request too large for gpt-5 in organization org-1 on tokens "
          + "per min (TPM): Limit 30000, Requested 37000.",
        type: "tokens"
      ),
      .fail
    ),
    .init("slow down", 429, error("slow_down"), .pace),
    .init("slow down, as 503", 503, error("slow_down"), .pace, code: "slow_down"),
    .init("quota", 429, error("insufficient_quota", type: "insufficient_quota"), .park(.billing)),
    .init(
      "quota by words",
      429,
      #"{"error":{"message":"You exceeded your current quota, please check your plan"}}"#,
      .park(.billing)
    ),
    .init(
      "credit for less in flight",
      402,
      #"{"error":{"message":"x","code":402,"metadata":{"reason":"in_flight_budget_exhausted"}}}"#,
      .pace,
      code: "in_flight_budget_exhausted"
    ),
    .init(
      "credit for less than this",
      402,
      #"{"error":{"message":"x","code":402,"metadata":{"reason":"weight_exceeds_budget"}}}"#,
      .park(.billing)
    ),
    .init(
      "credit",
      429,
      error("credit_balance_exhausted", type: "insufficient_quota"),
      .park(.billing),
      code: "credit_balance_exhausted"
    ),
    .init(
      "organisation limit",
      429,
      error("organization_spend_limit_exceeded", type: "insufficient_quota"),
      .park(.billing)
    ),
    .init(
      "project limit",
      429,
      error("project_spend_limit_exceeded", type: "insufficient_quota"),
      .park(.billing)
    ),
    .init(
      "usage limit",
      429,
      error("organization_usage_limit_exceeded", type: "insufficient_quota"),
      .park(.billing)
    ),
    .init(
      "unknown quota code",
      429,
      error("new_word", type: "insufficient_quota"),
      .park(.billing)
    ),
    .init("hard limit", 400, error("billing_hard_limit_reached"), .park(.billing)),
    .init("server", 500, error(nil, type: "server_error"), .retry, code: "server_error"),
    .init("overloaded", 503, error("server_is_overloaded"), .retry),
    .init("gateway", 500, error("429"), .pace), .init("proxy", 502, "<html>", .retry),
    .init(
      "payment",
      402,
      #"{"error":{"message":"Insufficient credits","code":402}}"#,
      .park(.billing)
    ),
  ]

  @Test(arguments: fixtures)
  func `takes the right exit`(_ fixture: ResponseFixture) {
    let outcome = OpenAI().outcome(of: fixture.response, path: Self.chat, at: 0)
    #expect(outcome.exit == fixture.exit)
    if let code = fixture.code { #expect(outcome.refusal?.code == code) }
    #expect(outcome.refusal == nil || outcome.refusal?.message.isEmpty == false)
  }

  @Test(
    arguments: [
      ("/v1/responses", #"{"status":"completed","error":null,"output":[]}"#, .completed),
      ("/v1/responses", #"{"status":"incomplete","output":[]}"#, .completed),
      (
        "/v1/responses", #"{"status":"failed","output":[],"error":{"code":"server_error"}}"#, .retry
      ),
      (
        "/v1/responses", #"{"status":"failed","output":[],"error":{"code":"rate_limit_exceeded"}}"#,
        .pace
      ),
      ("/v1/responses", #"{"status":"failed","error":{"code":"invalid_prompt"}}"#, .fail),
      ("/v1/responses", #"{"choices":[]}"#, .fail),
      ("/v1/embeddings", #"{"data":[]}"#, .completed),
      ("/v1/embeddings", #"{"output":[]}"#, .fail),
      ("/v1/completions", #"{"choices":[{"message":{}}]}"#, .completed),
      ("/v1/chat/completions", #"{"choices":[]}"#, .completed),
      ("/v1/moderations", #"{"results":[]}"#, .completed), ("/v1/rerank", #"{"x":1}"#, .completed),
      ("/v1/rerank", "[1]", .fail), ("/v1/rerank", #"{"error":"x"}"#, .retry),
    ] as [(String, String, ResponseFixture.Exit)]
  )
  func `each path has its own shape`(
    _ path: String,
    _ body: String,
    _ exit: ResponseFixture.Exit
  ) {
    let response = HTTPResponse(status: 200, body: Array(body.utf8))
    #expect(OpenAI().outcome(of: response, path: path, at: 0).exit == exit)
  }

  @Test(arguments: [
    (
      #"{"choices":[{"message":{}}],"usage":{"prompt_tokens":9,"completion_tokens":12,"prompt_tokens_details":{"#
        + #""cached_tokens":4}}}"#, Usage(inputTokens: 9, outputTokens: 12, cacheRead: 4)
    ),
    (
      #"{"choices":[{"message":{}}],"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":2},"#
        + #""output_tokens":7}}"#, Usage(inputTokens: 5, outputTokens: 7, cacheRead: 2)
    ),
    (
      #"{"choices":[{"message":{}}],"usage":{"prompt_tokens":9},"service_tier":"flex"}"#,
      Usage(inputTokens: 9, tier: .flex)
    ),
    (#"{"choices":[{"message":{}}],"usage":null,"service_tier":"flex"}"#, Usage()),
    (#"{"choices":[{"message":{}}],"usage":null}"#, Usage()),
    (#"{"choices":[{"message":{}}],"usage":{"prompt_tokens":"many"}}"#, Usage()),
    (#"{"choices":[],"usage":{"prompt_tokens":null,"completion_tokens":5}}"#, Usage()),
    (#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":"x"}}"#, Usage()),
    (
      #"{"choices":[],"usage":{"prompt_tokens":1.5,"completion_tokens":"7"}}"#,
      Usage(inputTokens: 2, outputTokens: 7)
    ),
    (
      #"{"choices":[],"usage":{"prompt_tokens":1},"usage":{"prompt_tokens":8}}"#,
      Usage(inputTokens: 8)
    ),
  ])
  func `reads usage in both vocabularies`(_ body: String, _ usage: Usage) {
    let response = HTTPResponse(status: 200, body: Array(body.utf8))
    let completion = Completion(usage, finish: .empty)
    #expect(OpenAI().outcome(of: response, path: Self.chat, at: 0) == .completed(completion))
  }

  @Test func `embeddings of nothing are empty, and an error that used tokens was paid for`() {
    let empty = HTTPResponse(status: 200, body: Array(#"{"data":[]}"#.utf8))
    #expect(
      OpenAI().outcome(of: empty, path: "/v1/embeddings", at: 0)
        == .completed(Completion(finish: .empty))
    )
    let cases = [
      ("", nil), (#","usage":{"input_tokens":7}"#, Usage(inputTokens: 7)),
      (#","status":"failed","output":[],"usage":null"#, Usage()),
    ]
    for (members, paid) in cases {
      let body = #"{"error":{"code":"server_error","message":"x"}\#(members)}"#
      let response = HTTPResponse(status: 200, body: Array(body.utf8))
      let outcome = OpenAI().outcome(of: response, path: "/v1/responses", at: 0)
      #expect(outcome.refusal?.paid == paid)
    }
  }

  @Test func `a key in the provider's message is blotted out`() {
    let key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    let response = HTTPResponse(
      status: 401,
      body: Array(Self.error("invalid_api_key", "Incorrect API key provided: \(key).").utf8)
    )
    let message = OpenAI().outcome(of: response, path: Self.chat, at: 0).refusal?.message
    #expect(message == "Incorrect API key provided: <redacted>")
  }

  @Test(arguments: [
    (
      "chat", [], "/v1/chat/completions",
      #"{"model":"m","max_completion_tokens":9,"messages":[{"role":"system","content":"s"},"#
        + #"{"role":"user","content":"p"}],"stream":false}"#
    ),
    (
      "chat", ["http://localhost:8000/v1"], "/v1/chat/completions",
      #"{"model":"m","max_tokens":9,"messages":[{"role":"system","content":"s"},"#
        + #"{"role":"user","content":"p"}],"stream":false}"#
    ),
    (
      "responses", [], "/v1/responses",
      #"{"model":"m","max_output_tokens":9,"instructions":"s","input":"p","stream":false}"#
    ),
  ])
  func `builds a request from a prompt`(
    _ api: String,
    _ endpoints: [String],
    _ path: String,
    _ body: String
  ) throws {
    let provider = try makeProvider(
      named: "openai",
      api: api,
      endpoints: endpoints.map { try Endpoint($0) }
    )
    let prompt = Prompt(text: "p", system: "s", model: "m", maxTokens: 9)
    let request = try provider.request(for: .prompt(prompt))
    #expect(request.path == path)
    #expect(String(decoding: request.body, as: UTF8.self) == body)
  }

  @Test func `embeds a prompt, which has no system`() throws {
    let provider = OpenAI(api: .embeddings)
    let request = try provider.request(for: .prompt(Prompt(text: "p", model: "m")))
    #expect(String(decoding: request.body, as: UTF8.self) == #"{"model":"m","input":"p"}"#)
    #expect(throws: ProviderError.self) {
      try provider.request(for: .prompt(Prompt(text: "p", system: "s", model: "m")))
    }
  }

  @Test(arguments: [
    "https://evil.test/v1", "//evil.test", "/v1/../admin", "/v1/a?b=c", "/v1/a#b", "/v1//a",
    "/v1/a/",
    "", "v1/a", "/v1/a b", "/v1/a\r\nx: y", "/v1/%2e%2e", "@evil.test",
  ])
  func `a line's url cannot lead away from the endpoint`(_ path: String) {
    #expect(throws: ProviderError.self) {
      try OpenAI().request(for: .native(path: path, body: []))
    }
  }

  @Test func `sends native bodies as they are, but not Anthropic's`() throws {
    let body = Array("{}".utf8)[...]
    #expect(
      try OpenAI().request(for: .native(path: "/v1/rerank", body: body))
        == ProviderRequest(path: "/v1/rerank", body: body)
    )
    #expect(throws: ProviderError.self) {
      try OpenAI().request(for: .native(path: nil, body: body))
    }
  }
}
