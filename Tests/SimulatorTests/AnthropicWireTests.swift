import Foundation
import Simulator
import Testing

/// The Messages response, as the provider documents it.
struct AnthropicMessage: Decodable {
  struct Block: Decodable, Equatable {
    let type: String
    let text: String
  }
  struct Usage: Decodable, Equatable {
    let input_tokens: Int
    let output_tokens: Int
    let cache_creation_input_tokens: Int
    let cache_read_input_tokens: Int
  }
  let id: String
  let type: String
  let role: String
  let model: String
  let content: [Block]
  let stop_reason: String
  let usage: Usage
}

struct AnthropicWireTests {
  @Test func `a message has the documented fields`() throws {
    var provider = makeProvider { $0.outputTokens = 30...30 }
    let answer = provider.answer(API.messages.request("Hello there"))
    let message = try JSONDecoder().decode(AnthropicMessage.self, from: Data(answer.body.utf8))
    #expect(answer.status == 200)
    #expect(message.id.hasPrefix("msg_"))
    #expect(message.type == "message")
    #expect(message.role == "assistant")
    #expect(message.model == "m")
    #expect(message.content.map(\.type) == ["text"])
    #expect(message.stop_reason == "end_turn")
    #expect(message.usage.input_tokens == 3)
    #expect(message.usage.output_tokens == 30)
    #expect(answer.headers["request-id"]?.hasPrefix("req_") == true)
    #expect(answer.headers["content-type"] == "application/json")
  }

  @Test func `max_tokens cuts the answer short and says so`() throws {
    var provider = makeProvider { $0.outputTokens = 30...30 }
    let answer = provider.answer(API.messages.request(maxTokens: 7))
    let message = try JSONDecoder().decode(AnthropicMessage.self, from: Data(answer.body.utf8))
    #expect(message.usage.output_tokens == 7)
    #expect(message.stop_reason == "max_tokens")
  }

  @Test(arguments: [
    (#"{"max_tokens":9,"messages":[]}"#, "model: Field required"),
    (#"{"model":"m","messages":[]}"#, "max_tokens: Field required"),
    (#"{"model":"m","max_tokens":9}"#, "messages: Field required"),
    (
      #"{"model":"m","max_tokens":0,"messages":[]}"#,
      "max_tokens: Input should be greater than or equal to 1"
    ),
    (#"{"model":"m","#, "The request body is not valid JSON"),
  ])
  func `a faulty request is an invalid_request_error`(body: String, message: String) {
    var provider = makeProvider()
    let answer = provider.answer(API.messages.request(body: body))
    #expect(answer.status == 400)
    #expect(answer.body == error("invalid_request_error", message))
  }

  @Test func `each refusal has its own status and type`() throws {
    var provider = try makeProvider {
      $0.keys = [try RehearsalKey(parsing: "main=\(rehearsalKey)")]
      $0.models = ["m"]
      $0.failingPrompts = ["poison"]
    }
    let noKey = ProviderRequest(method: "POST", path: "/v1/messages", headers: [:], body: Data())
    let tooLarge = ProviderRequest(
      method: "POST",
      path: "/v1/messages",
      headers: API.messages.headers(key: rehearsalKey),
      body: nil
    )
    let otherModel = #"{"model":"x","max_tokens":9,"messages":[]}"#
    let cases: [(ProviderRequest, Int, String, String)] = [
      (noKey, 401, "authentication_error", "x-api-key header is required"),
      (API.messages.request(key: "wrong"), 401, "authentication_error", "invalid x-api-key"),
      (API.messages.request(body: otherModel), 404, "not_found_error", "model: x"),
      (tooLarge, 413, "request_too_large", "Request exceeds the maximum size"),
      (
        API.messages.request("some poison"), 400, "invalid_request_error",
        "messages: the rehearsal was told to refuse this prompt"
      ),
    ]
    for (number, (request, status, type, message)) in cases.enumerated() {
      let answer = provider.answer(request)
      #expect(answer.status == status)
      #expect(answer.body == error(type, message, number: number + 1))
    }
  }

  @Test func `a call without anthropic-version is refused`() {
    var provider = makeProvider()
    let request = ProviderRequest(
      method: "POST",
      path: "/v1/messages",
      headers: ["x-api-key": rehearsalKey],
      body: Data(API.messages.body("Hello").utf8)
    )
    let answer = provider.answer(request)
    #expect(answer.status == 400)
    #expect(answer.body == error("invalid_request_error", "anthropic-version: header is required"))
  }

  @Test func `rate limit headers name limit, remaining and the time of full replenishment`() throws
  {
    var provider = try makeProvider {
      $0.outputTokens = 600...600
      $0.defaultAccount = try AccountPlan(parsing: "rpm=60,itpm=60000,otpm=6000")
    }
    let headers = provider.answer(API.messages.request(), at: .seconds(1)).headers
    let families = headers.filter { $0.key.hasPrefix("anthropic-ratelimit-") }
    #expect(
      families == [
        "anthropic-ratelimit-requests-limit": "60",
        "anthropic-ratelimit-requests-remaining": "59",
        "anthropic-ratelimit-requests-reset": "2025-08-21T12:41:01Z",
        "anthropic-ratelimit-input-tokens-limit": "60000",
        "anthropic-ratelimit-input-tokens-remaining": "60000",
        "anthropic-ratelimit-input-tokens-reset": "2025-08-21T12:41:01Z",
        "anthropic-ratelimit-output-tokens-limit": "6000",
        "anthropic-ratelimit-output-tokens-remaining": "5000",
        "anthropic-ratelimit-output-tokens-reset": "2025-08-21T12:41:06Z",
        "anthropic-ratelimit-tokens-limit": "6000",
        "anthropic-ratelimit-tokens-remaining": "5000",
        "anthropic-ratelimit-tokens-reset": "2025-08-21T12:41:06Z",
      ]
    )
  }

  @Test func `a call above the limit is refused until retry-after has passed`() throws {
    var provider = try makeProvider(account: "rpm=20,burst=3")
    #expect(provider.answer(API.messages.request()).status == 200)
    let refused = provider.answer(API.messages.request())
    #expect(refused.status == 429)
    #expect(refused.headers["retry-after"] == "3")
    #expect(refused.headers["anthropic-ratelimit-requests-remaining"] == "0")
    let message =
      "This request would exceed your organization's rate limit of 20 requests per minute"
    #expect(refused.body == error("rate_limit_error", message, number: 2))
    #expect(provider.answer(API.messages.request(), at: .seconds(2.9)).status == 429)
    #expect(provider.answer(API.messages.request(), at: .seconds(3)).status == 200)
  }

  @Test func `output counts as it is produced, whatever max_tokens says`() throws {
    var provider = try makeProvider {
      $0.outputTokens = 100...100
      $0.defaultAccount = try AccountPlan(parsing: "otpm=600")
    }
    let first = provider.receive(API.messages.request(maxTokens: 100_000), at: .zero)
    let second = provider.receive(API.messages.request(maxTokens: 100_000), at: .zero)
    #expect(first.reply.status == 200)
    #expect(second.reply.status == 200)
    for _ in 0..<4 { #expect(provider.answer(API.messages.request()).status == 200) }
    _ = provider.finish(first, at: .zero)
    _ = provider.finish(second, at: .zero)
    let refused = provider.answer(API.messages.request())
    #expect(refused.status == 429)
    #expect(refused.body.contains("600 output tokens per minute"))
  }

  /// The provider's error body; identifiers count requests.
  private func error(_ type: String, _ message: String, number: Int = 1) -> String {
    """
    {"type":"error","error":{"type":"\(type)","message":"\(message)"},\
    "request_id":"req_000000000000000\(number)"}
    """
  }
}
