import JSON
import Runner
import Testing
import Transport

@Suite struct `An answer that is not quite one` {
  private static let chat = #"{"choices":[{"message":{"content":"A-B"},"finish_reason":"stop"}]"#

  private func outcome(
    _ body: [UInt8],
    type: String = "application/json"
  ) -> Outcome {
    let response = HTTPResponse(status: 200, headers: [("content-type", type)], body: body)
    return OpenAI().outcome(of: response, path: "/v1/chat/completions", at: 0)
  }

  private func completion(_ outcome: Outcome) -> Completion? {
    if case .completed(let completion) = outcome { completion } else { nil }
  }

  @Test(arguments: [
    Array("\u{FEFF}\(chat)}".utf8), Array("\(chat),\"score\":NaN}".utf8),
    Array("\(chat)}".replacing("A-B", with: "A\tB").utf8),
    Array(chat.utf8) + Array(",\"x\":\"".utf8) + [0xE6, 0x97] + Array("\"}".utf8),
  ])
  func `is the result where it is whole, as JSON`(_ body: [UInt8]) throws {
    let completion = try #require(self.completion(outcome(body)))
    let mended = try #require(completion.mended)
    #expect(completion.finish == .stop)
    #expect(try JSONValue(parsing: mended.json)["choices"]?.kind == .array)
    #expect(mended.reason.hasPrefix("not JSON: "))
  }

  @Test(arguments: [
    ("<!doctype html><title>Maintenance</title>", "web_page", "Maintenance"),
    ("Service is down for maintenance", "no_answer", "Service is down"),
    (" \n", "empty_answer", "without a body"), (chat, "truncated", "due at column"),
    (#"{"choices":[{"mess"#, "truncated", "not closed"),
    (#"/* x */ {"choices":[{"mess"#, "truncated", "not closed"),
  ])
  func `is asked for again where there is none`(_ body: String, _ code: String, _ words: String) {
    let outcome = outcome(Array(body.utf8))
    #expect(outcome.exit == .retry)
    #expect(outcome.refusal?.code == code)
    #expect(outcome.refusal?.message.contains(words) == true)
  }

  @Test(arguments: [
    (#"{"answer":"42"}"#, "unexpected_body"), (#"{"choices":[}]}"#, "unreadable_answer"),
    (#"{"message":{}}{"done":true}"#, "unreadable_answer"),
  ])
  func `is paid for once where it cannot be read`(_ body: String, _ code: String) {
    let outcome = outcome(Array(body.utf8))
    #expect(outcome.exit == .fail)
    #expect(outcome.refusal?.code == code)
  }

  @Test func `is a result behind a comment`() throws {
    let completion = try #require(self.completion(outcome(Array("/* x */ \(Self.chat)}".utf8))))
    #expect(completion.mended?.json == Array("\(Self.chat)}".utf8))
  }

  @Test func `has been paid for where it is no text`() {
    #expect(outcome([0x1F, 0x8B, 8, 0, 0xFF]).refusal?.paid == Usage())
  }

  @Test(arguments: [(200, ResponseFixture.Exit.retry), (400, .fail), (503, .retry)])
  func `is judged by its status where it came damaged`(_ status: Int, _ exit: ResponseFixture.Exit)
  {
    let response = HTTPResponse(status: status)
    let error = TransportError(.protocolError, "the response is damaged")
    let outcome = OpenAI().outcome(of: response, path: "/v1/chat/completions", at: 0)
      .after(error, status)
    #expect(outcome.exit == exit)
    #expect(outcome.refusal?.status == status)
    #expect((outcome.refusal?.paid != nil) == (status == 200))
  }

  @Test func `is a result where it is whole although its transfer was not`() {
    let response = HTTPResponse(status: 200, body: Array("\(Self.chat)}".utf8))
    let error = TransportError(.truncated, "the response was cut short")
    let outcome = OpenAI().outcome(of: response, path: "/v1/chat/completions", at: 0)
    #expect(outcome.after(error, 200) == outcome)
  }

  @Test(arguments: [
    (#"{"message":{"content":""},"finish_reason":"stop"}"#, FinishReason.empty),
    (#"{"message":{"content":null}}"#, .empty), (#"{"message":{"content":[]}}"#, .empty),
    (#"{"text":"","finish_reason":"stop"}"#, .empty),
    (#"{"message":{"content":"","reasoning_content":"hm"},"finish_reason":"stop"}"#, .empty),
    (#"{"message":{"content":""},"finish_reason":"length"}"#, .length),
    (#"{"message":{"content":null,"refusal":"no"},"finish_reason":"stop"}"#, .refusal),
    (
      #"{"message":{"content":"","tool_calls":[{"id":"t","function":{"name":"f","arguments":""}}]},"#
        + #""finish_reason":"tool_calls"}"#, .toolCalls
    ),
    (#"{"message":{"content":"A"},"finish_reason":"stop"}"#, .stop),
    (#"{"message":{"content":"A"}},{"finish_reason":"error","error":{"code":500}}"#, .error),
  ])
  func `is empty where no choice says anything`(_ choices: String, _ finish: FinishReason) throws {
    let body = #"{"choices":[\#(choices)]}"#
    #expect(try #require(self.completion(outcome(Array(body.utf8)))).finish == finish)
  }

  @Test func `is counted with what it used where it is no result`() {
    let body = #"{"answer":"42","usage":{"prompt_tokens":9,"completion_tokens":4}}"#
    let outcome = outcome(Array(body.utf8))
    #expect(outcome.refusal?.paid == Usage(inputTokens: 9, outputTokens: 4))
  }

  @Test(
    arguments: [
      (#"{"choices":[{"finish_reason":"error","error":{"code":502,"message":"gone"}}]}"#, .retry),
      (#"{"choices":[{"finish_reason":"stop","error":{"code":429,"message":"slow"}}]}"#, .pace),
      (#"{"choices":[{"finish_reason":"error","message":{"content":"A"}}]}"#, .retry),
      (#"{"choices":[{"finish_reason":"insufficient_system_resource"}]}"#, .retry),
      (
        #"{"choices":[{"finish_reason":"error","error":{"code":"content_policy_violation"}}]}"#,
        .retry
      ),
      (#"{"choices":[{"finish_reason":"error"},{"finish_reason":"stop"}]}"#, .completed),
    ] as [(String, ResponseFixture.Exit)]
  )
  func `is no result where each of its choices failed`(_ body: String, _ exit: ResponseFixture.Exit)
  {
    #expect(outcome(Array(body.utf8)).exit == exit)
  }
}

@Suite struct `Finish reasons` {
  @Test(
    arguments: [
      (#"{"choices":[{"finish_reason":"length"}]}"#, .length),
      (
        #"{"choices":[{"finish_reason":"stop"},{"finish_reason":"content_filter"}]}"#,
        .contentFilter
      ),
      (#"{"choices":[{"finish_reason":"stop","message":{"refusal":"No."}}]}"#, .refusal),
      (#"{"choices":[{"finish_reason":"tool_calls"}]}"#, .toolCalls),
      (#"{"choices":[{"text":"A"}]}"#, nil), (#"{"choices":[]}"#, .empty),
      (#"{"choices":[{}]}"#, .empty), (#"{"choices":[{"message":null}]}"#, .empty),
      (
        #"{"output":[],"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}"#,
        .length
      ), (#"{"output":[{"content":[{"type":"refusal"}]}],"status":"completed"}"#, .refusal),
      (#"{"output":[],"status":"completed"}"#, .empty),
      (
        #"{"output":[{"content":[{"type":"output_text","text":"A"}]}],"status":"completed"}"#, .stop
      ),
    ] as [(String, FinishReason?)]
  )
  func `are OpenAI's words`(_ body: String, _ finish: FinishReason?) {
    let response = HTTPResponse(status: 200, body: Array(body.utf8))
    let path = body.contains("output") ? "/v1/responses" : "/v1/chat/completions"
    #expect(
      OpenAI().outcome(of: response, path: path, at: 0) == .completed(Completion(finish: finish))
    )
  }

  @Test(
    arguments: [
      ("max_tokens", .length), ("refusal", .refusal), ("tool_use", .toolCalls),
      ("model_context_window_exceeded", .length), ("MAX_TOKENS", .length),
      ("pause_turn", FinishReason("pause_turn")), ("\u{1B}[2J", nil), ("", nil),
    ] as [(String, FinishReason?)]
  )
  func `of others are put into these`(_ word: String, _ finish: FinishReason?) {
    #expect(FinishReason(word) == finish)
  }
}
