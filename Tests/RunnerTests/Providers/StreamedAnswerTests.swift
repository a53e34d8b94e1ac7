import JSON
import Runner
import Testing
import Transport

@Suite struct `A stream that nobody asked for` {
  private func outcome(
    _ events: [String],
    of provider: any Provider,
    path: String = "/v1/chat/completions",
    lineBreak: String = "\n",
    beginning: String? = nil
  ) -> Outcome {
    let text = events.map { "data: \($0)\(lineBreak)\(lineBreak)" }.joined()
    let response = HTTPResponse(
      status: 200,
      headers: [("content-type", "text/event-stream")],
      body: Array(((beginning ?? ": hello\(lineBreak)\(lineBreak)") + text).utf8)
    )
    return provider.outcome(of: response, path: path, at: 0)
  }

  private func answer(_ outcome: Outcome) throws -> (Completion, JSONValue) {
    guard case .completed(let completion) = outcome else {
      Issue.record("\(outcome)")
      throw JSONError(offset: 0, message: "no completion")
    }
    return (completion, try JSONValue(parsing: completion.mended?.json ?? []))
  }

  @Test func `loses nothing behind a byte order mark`() throws {
    let path = "/v1/chat/completions"
    let plain = try answer(outcome(Self.chunks, of: OpenAI(), path: path, beginning: ""))
    let marked = try answer(outcome(Self.chunks, of: OpenAI(), path: path, beginning: "\u{FEFF}"))
    #expect(marked.0 == plain.0)
  }

  @Test(arguments: ["-1e300", "9223372036854775808", #""0""#, "0.5"])
  func `is kept as it is where a choice has no place`(_ index: String) {
    let chunk = #"{"choices":[{"index":\#(index),"delta":{"content":"a"},"finish_reason":"stop"}]}"#
    let outcome = outcome([chunk, "[DONE]"], of: OpenAI())
    #expect(outcome.refusal?.code == "unreadable_answer")
  }

  private static let chunks = [
    #"{"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
    #"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"Good "}}]}"#,
    #"{"id":"c","choices":[{"index":0,"delta":{"content":"night","tool_calls":[{"index":0,"id":"t","function":{"name":"f","arguments":"{\"a\""}}]}}]}"#,
    #"{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"finish_reason":"length"}]}"#,
    #"{"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
  ]

  @Test(arguments: ["\n", "\r\n"])
  func `of chat is put together`(_ lineBreak: String) throws {
    let outcome = outcome(Self.chunks + ["[DONE]"], of: OpenAI(), lineBreak: lineBreak)
    let (completion, answer) = try answer(outcome)
    #expect(completion.usage == Usage(inputTokens: 3, outputTokens: 2))
    #expect(completion.finish == .length)
    #expect(answer["object"]?.string == "chat.completion")
    #expect(answer["id"]?.string == "c")
    let message = answer["choices"]?.elements?.first?["message"]
    #expect(message?["role"]?.string == "assistant")
    #expect(message?["content"]?.string == "Good night")
    let call = message?["tool_calls"]?.elements?.first
    #expect(call?["id"]?.string == "t")
    #expect(call?["function"]?["arguments"]?.string == #"{"a":1}"#)
  }

  @Test func `of a message is put together`() throws {
    let events = [
      #"{"type":"message_start","message":{"id":"msg","type":"message","role":"assistant","content":[],"usage":{"input_tokens":9,"output_tokens":1}}}"#,
      #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
      #"{"type":"ping"}"#,
      #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Good "}}"#,
      #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"night"}}"#,
      #"{"type":"content_block_stop","index":0}"#,
      #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","input":{}}}"#,
      #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
      #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"1}"}}"#,
      #"{"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":5}}"#,
      #"{"type":"message_stop"}"#,
    ]
    let (completion, answer) = try answer(
      outcome(events, of: Anthropic(), path: "/v1/messages")
    )
    #expect(completion.usage == Usage(inputTokens: 9, outputTokens: 5))
    #expect(completion.finish == .refusal)
    let blocks = answer["content"]?.elements
    #expect(blocks?.first?["text"]?.string == "Good night")
    #expect(blocks?.last?["input"]?["a"]?.integer == 1)
  }

  @Test func `of a message is none where a block never began`() {
    let events = [
      #"{"type":"message_start","message":{"type":"message","content":[]}}"#,
      #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lost"}}"#,
      #"{"type":"message_stop"}"#,
    ]
    let outcome = outcome(events, of: Anthropic(), path: "/v1/messages")
    #expect(outcome.refusal?.code == "truncated")
  }

  @Test func `of a response ends with the whole of it`() throws {
    let events = [
      #"{"type":"response.output_text.delta","delta":"Good"}"#,
      #"{"type":"response.completed","response":{"status":"completed","output":[],"usage":{"input_tokens":4,"output_tokens":2}}}"#,
    ]
    let (completion, _) = try answer(outcome(events, of: OpenAI(), path: "/v1/responses"))
    #expect(completion.usage == Usage(inputTokens: 4, outputTokens: 2))
    let cut = outcome(Array(events.prefix(1)), of: OpenAI(), path: "/v1/responses")
    #expect(cut.refusal?.code == "truncated")
  }

  @Test func `that broke off is asked for again, one that reports an error is judged by it`() {
    let cut = outcome(Array(Self.chunks.prefix(2)), of: OpenAI())
    #expect(cut.refusal?.code == "truncated")
    #expect(cut.exit == .retry)
    let events = Self.chunks.prefix(2) + [#"{"error":{"code":429,"message":"slow"},"choices":[]}"#]
    #expect(outcome(Array(events), of: OpenAI()).exit == .pace)
  }

  @Test(arguments: [
    #"{"error":"rate limit"}"#, "{bad json", #"x\nevent: error\ndata: {"message":"boom"}"#,
  ])
  func `that lacks a piece of its middle is none, and has been paid for`(_ odd: String) {
    let odd = odd.replacing("x\\n", with: ": x\n").replacing("\\n", with: "\n")
    let events = Self.chunks.prefix(2) + [odd] + Self.chunks.dropFirst(2) + ["[DONE]"]
    let outcome = outcome(Array(events), of: OpenAI())
    #expect(outcome.exit == .retry)
    #expect(outcome.refusal?.paid == Usage())
  }

  @Test func `that is an error from its first event has not been paid for`() {
    let outcome = outcome([#"{"error":"rate limit"}"#], of: OpenAI())
    #expect(outcome.exit == .retry)
    #expect(outcome.refusal?.paid == nil)
  }

  @Test func `may have pings, and events of several lines`() throws {
    let pretty = Self.chunks[2].replacing("{\"id\"", with: "{\ndata: \"id\"")
    let ping = ": x\nevent: ping\ndata: pong"
    let events = Self.chunks.prefix(2) + [ping, pretty] + Self.chunks.dropFirst(3) + ["[DONE]"]
    let (_, whole) = try answer(outcome(Array(events), of: OpenAI()))
    let message = whole["choices"]?.elements?.first?["message"]
    #expect(message?["content"]?.string == "Good night")
  }
}
