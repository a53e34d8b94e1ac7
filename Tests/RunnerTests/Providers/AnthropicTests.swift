import Runner
import Testing
import Transport

@Suite struct `Anthropic provider` {
  private static let provider = Anthropic()

  private static func error(_ type: String, _ message: String, _ more: String = "") -> String {
    #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"\#(more)},"#
      + #""request_id":"req_011CSHoEeqs5C35K2UUqR7Fy"}"#
  }

  private static let message = """
    {"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-4-6","content":[{"type":\
    "text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":12,\
    "cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5,\
    "service_tier":"standard"}}
    """

  static let fixtures: [ResponseFixture] = [
    .init("message", 200, message, .completed),
    .init("refusal by the model", 200, #"{"type":"message","content":[]}"#, .completed),
    .init("compatible server", 200, #"{"content":[{"text":"Hi"}],"new":1}"#, .completed),
    .init("truncated", 200, String(message.dropLast(20)), .retry, code: "truncated"),
    .init("empty", 200, "", .retry, code: "empty_answer"),
    .init("proxy page", 200, "<html>Login</html>", .retry, code: "web_page"),
    .init("other JSON", 200, #"{"ok":true}"#, .fail, code: "unexpected_body"),
    .init("content lost", 200, #"{"type":"message"}"#, .fail, code: "unexpected_body"),
    .init(
      "stream of an unknown kind",
      200,
      "event: tick\ndata: {}\n\n",
      headers: ["content-type": "text/event-stream; charset=utf-8"],
      .fail,
      code: "unreadable_answer"
    ),
    .init("overloaded in 200", 200, error("overloaded_error", "Overloaded"), .retry),
    .init("bad request in 200", 200, error("invalid_request_error", "x"), .fail),
    .init("rate limit in 200", 200, error("rate_limit_error", "x"), .pace),
    .init(
      "bad request",
      400,
      error("invalid_request_error", "max_tokens: required"),
      .fail,
      code: "invalid_request_error"
    ),
    .init(
      "own spend limit",
      400,
      error(
        "invalid_request_error",
        "You have reached your specified API usage limits. You will regain access on 2026-12-01."
      ),
      .park(.billing)
    ),
    .init(
      "workspace spend limit",
      400,
      error(
        "invalid_request_error",
        "You have reached your specified workspace API usage limits."
      ),
      .park(.billing)
    ),
    .init(
      "credit",
      400,
      error("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
      .park(.billing)
    ),
    .init(
      "organisation disabled",
      400,
      error("invalid_request_error", "This organization has been disabled."),
      .park(.credential)
    ),
    .init(
      "key",
      401,
      error("authentication_error", "invalid x-api-key"),
      .park(.credential),
      code: "authentication_error"
    ),
    .init("key, generic type", 401, error("invalid_request_error", "x"), .park(.credential)),
    .init("billing", 402, error("billing_error", "x"), .park(.billing)),
    .init("permission", 403, error("permission_error", "x"), .park(.credential)),
    .init("forbidden", 403, error("forbidden", "Request not allowed"), .park(.route)),
    .init(
      "firewall page",
      403,
      "<!DOCTYPE html><title>Attention</title>",
      .retry,
      code: "http_403"
    ),
    .init("model", 404, error("not_found_error", "model: claude-9"), .fail),
    .init("proxy login", 407, "", .park(.configuration)),
    .init("timeout", 408, "", .retry), .init("conflict", 409, error("conflict_error", "x"), .retry),
    .init("too large, JSON", 413, error("request_too_large", "x"), .fail),
    .init("too large, Cloudflare", 413, "<html>413</html>", .fail, code: "http_413"),
    .init("unprocessable", 422, "{}", .fail), .init("not allowed", 405, "", .fail),
    .init("rate limit", 429, error("rate_limit_error", "x"), headers: ["retry-after": "7"], .pace),
    .init("rate limit, no body", 429, "", .pace, code: "http_429"),
    .init(
      "spend cap",
      429,
      error("rate_limit_error", "x", #","details":{"error_code":"enforced_spend_limit_reached"}"#),
      .park(.billing),
      code: "enforced_spend_limit_reached"
    ),
    .init("server", 500, error("api_error", "Internal server error"), .retry, code: "api_error"),
    .init("bad gateway", 502, "<html>502</html>", .retry), .init("unavailable", 503, "", .retry),
    .init("gateway timeout", 504, error("timeout_error", "x"), .retry),
    .init("Cloudflare", 520, "error code: 520", .retry),
    .init(
      "overloaded",
      529,
      error("overloaded_error", "Overloaded"),
      .retry,
      code: "overloaded_error"
    ),
    .init(
      "redirect",
      301,
      "",
      headers: ["location": "https://x.test/a?key=1"],
      .park(.configuration)
    ),
    .init("not modified", 304, "", .park(.configuration)), .init("no status", 0, "", .retry),
  ]

  @Test(arguments: fixtures)
  func `takes the right exit`(_ fixture: ResponseFixture) {
    let outcome = Self.provider.outcome(of: fixture.response, path: "/v1/messages", at: 0)
    #expect(outcome.exit == fixture.exit)
    if let code = fixture.code { #expect(outcome.refusal?.code == code) }
    #expect(outcome.refusal == nil || outcome.refusal?.message.isEmpty == false)
    #expect(outcome.refusal == nil || outcome.refusal?.status == fixture.status)
  }

  @Test func `reads usage`() {
    let response = HTTPResponse(status: 200, body: Array(Self.message.utf8))
    #expect(
      Self.provider.outcome(of: response, path: "/v1/messages", at: 0)
        == .completed(
          Completion(
            Usage(inputTokens: 12, outputTokens: 5, cacheRead: 4, cacheCreation: 3),
            finish: .stop
          )
        )
    )
  }

  @Test func `keeps the provider's words, its request id and its wait`() {
    let response = HTTPResponse(
      status: 429,
      headers: [("Retry-After", "90"), ("request-id", "req_header")],
      body: Array(Self.error("rate_limit_error", "Slow down").utf8)
    )
    let outcome = Self.provider.outcome(of: response, path: "/v1/messages", at: 0)
    #expect(outcome.wait == .seconds(90))
    #expect(outcome.refusal?.message == "Slow down")
    #expect(outcome.refusal?.requestID == "req_011CSHoEeqs5C35K2UUqR7Fy")
    #expect(Self.provider.requestID(of: response) == "req_header")
  }

  @Test func `a redirect says where to, without a query`() {
    let response = HTTPResponse(
      status: 302,
      headers: [("location", "https://x.test/v1?token=t")],
      body: []
    )
    let message = Self.provider.outcome(of: response, path: "/v1/messages", at: 0).refusal?.message
    #expect(
      message == "the endpoint redirects to https://x.test/v1, which is not followed; "
        + "set the base URL to the final address"
    )
  }

  @Test func `builds a message from a prompt`() throws {
    let prompt = Prompt(text: "a \"b\"\n", system: "s", model: "m", maxTokens: 9)
    let request = try Self.provider.request(for: .prompt(prompt))
    #expect(request.path == "/v1/messages")
    #expect(
      String(decoding: request.body, as: UTF8.self)
        == #"{"model":"m","max_tokens":9,"system":"s","#
        + #""messages":[{"role":"user","content":"a \"b\"\n"}],"stream":false}"#
    )
  }

  @Test func `sends native bodies as they are, and only its own`() throws {
    let body = Array(#"{"model": "m"}"#.utf8)[...]
    for path in [nil, "/v1/messages"] {
      let request = try Self.provider.request(for: .native(path: path, body: body))
      #expect(request == ProviderRequest(path: "/v1/messages", body: body))
    }
    #expect(throws: ProviderError.self) {
      try Self.provider.request(for: .native(path: "/v1/chat/completions", body: body))
    }
    #expect(throws: ProviderError.self) {
      try Self.provider.request(for: .prompt(Prompt(text: "no limit", model: "m")))
    }
  }
}
