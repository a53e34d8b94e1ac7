import Runner
import Testing

@Suite struct `What to do about a refusal` {
  @Test(
    arguments: [
      (404, "model_not_found", "The model `x` does not exist", .model),
      (404, "not_found_error", "model: claude-9", .model),
      (404, "http_404", "HTTP 404 with a web page instead of the provider's answer", .address),
      (404, "http_404", "Not Found", .address), (405, "http_405", "x", .address),
      (400, "context_length_exceeded", "x", .size), (413, "http_413", "x", .size),
      (400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", .size),
      (400, "content_policy_violation", "x", .content),
      (403, "http_403", "input was flagged", .content),
      (400, "invalid_request_error", "max_tokens: 9 > 8", .request),
      (200, "unexpected_body", "x", .answer), (503, "http_503", "x", .service),
      (nil, "connect", "x", .service), (nil, "malformed_line", "x", .line),
      (200, "finish_error", "x", .answer),
      (nil, "empty_document", "x", .document),
      (nil, "missing_field", "x", .template),
    ] as [(Int?, String, String, Refusal.Subject)]
  )
  func `depends on what it is about`(
    _ status: Int?,
    _ code: String,
    _ message: String,
    _ subject: Refusal.Subject
  ) {
    let refusal = Refusal(status: status, code: code, message: message)
    #expect(refusal.subject == subject)
    #expect(!refusal.advice.isEmpty)
  }

  @Test(
    arguments: [
      (400, "bad", "no", "HTTP 400 bad: no"), (404, "http_404", "no", "HTTP 404: no"),
      (404, "http_404", "HTTP 404: no", "HTTP 404: no"), (nil, "connect", "refused", "refused"),
      (nil, "malformed_line", "in:1: x", "malformed_line: in:1: x"),
    ] as [(Int?, String, String, String)]
  )
  func `stands behind status, code and words`(
    _ status: Int?,
    _ code: String,
    _ message: String,
    _ words: String
  ) {
    #expect(Refusal(status: status, code: code, message: message).words == words)
  }
}
