import Foundation
import Simulator
import Testing

struct ChatCompletion: Decodable {
  struct Choice: Decodable {
    struct Message: Decodable {
      let role: String
      let content: String
    }
    let index: Int
    let message: Message
    let finish_reason: String
  }
  struct Usage: Decodable {
    let prompt_tokens: Int
    let completion_tokens: Int
    let total_tokens: Int
  }
  let id: String
  let object: String
  let choices: [Choice]
  let usage: Usage
}

struct OpenAIResponse: Decodable {
  struct Item: Decodable {
    struct Part: Decodable {
      let type: String
      let text: String
    }
    let type: String
    let role: String
    let content: [Part]
  }
  struct Usage: Decodable {
    let input_tokens: Int
    let output_tokens: Int
    let total_tokens: Int
  }
  struct IncompleteDetails: Decodable {
    let reason: String
  }
  let object: String
  let status: String
  let incomplete_details: IncompleteDetails?
  let output: [Item]
  let usage: Usage
}

struct EmbeddingList: Decodable {
  struct Item: Decodable {
    let object: String
    let index: Int
    let embedding: [Double]
  }
  struct Usage: Decodable {
    let prompt_tokens: Int
    let total_tokens: Int
  }
  let object: String
  let data: [Item]
  let usage: Usage
}

struct OpenAIWireTests {
  @Test func `a chat completion has the documented fields`() throws {
    var provider = makeProvider { $0.outputTokens = 30...30 }
    let answer = provider.answer(API.chatCompletions.request("Hello there"))
    let completion = try JSONDecoder().decode(ChatCompletion.self, from: Data(answer.body.utf8))
    #expect(answer.status == 200)
    #expect(completion.id.hasPrefix("chatcmpl-"))
    #expect(completion.object == "chat.completion")
    #expect(completion.choices.map(\.message.role) == ["assistant"])
    #expect(completion.choices.map(\.finish_reason) == ["stop"])
    #expect(completion.usage.prompt_tokens == 3)
    #expect(completion.usage.completion_tokens == 30)
    #expect(completion.usage.total_tokens == 33)
    #expect(answer.headers["x-request-id"]?.hasPrefix("req_") == true)
    #expect(answer.headers["openai-processing-ms"] == "0")
  }

  @Test func `a response has the documented fields`() throws {
    var provider = makeProvider { $0.outputTokens = 30...30 }
    let answer = provider.answer(API.responses.request("Hello there", maxTokens: 9))
    let response = try JSONDecoder().decode(OpenAIResponse.self, from: Data(answer.body.utf8))
    #expect(response.object == "response")
    #expect(response.status == "incomplete")
    #expect(response.incomplete_details?.reason == "max_output_tokens")
    #expect(response.output.map(\.type) == ["message"])
    #expect(response.output[0].content.map(\.type) == ["output_text"])
    #expect(response.usage.input_tokens == 3)
    #expect(response.usage.output_tokens == 9)
    #expect(response.usage.total_tokens == 12)
  }

  @Test func `embeddings have the documented fields and no output tokens`() throws {
    var provider = makeProvider()
    let answer = provider.answer(API.embeddings.request("Hello there"))
    let list = try JSONDecoder().decode(EmbeddingList.self, from: Data(answer.body.utf8))
    #expect(list.object == "list")
    #expect(list.data.map(\.object) == ["embedding"])
    #expect(list.data[0].embedding.count == 8)
    #expect(list.usage.prompt_tokens == 3)
    #expect(list.usage.total_tokens == 3)
  }

  @Test func `each refusal has its own status, type and code`() throws {
    var provider = try makeProvider {
      $0.keys = [try RehearsalKey(parsing: "main=\(rehearsalKey)")]
      $0.models = ["m"]
    }
    let wrong = API.chatCompletions.request(key: "sk-wrong-000000001234")
    let cases: [(ProviderRequest, Int, String, String?)] = [
      (wrong, 401, "Incorrect API key provided: sk-wrong*********1234.", "invalid_api_key"),
      (
        API.responses.request(body: #"{"model":"x","input":"i"}"#), 404,
        "The model `x` does not exist", "model_not_found"
      ),
      (API.chatCompletions.request(body: "{}"), 400, "you must provide a model parameter", nil),
      (
        API.chatCompletions.request(body: #"{"model":"m"}"#), 400,
        "Missing required parameter: 'messages'.", "missing_required_parameter"
      ),
      (
        API.embeddings.request(body: #"{"model":"m"}"#), 400,
        "Missing required parameter: 'input'.", "missing_required_parameter"
      ),
      (
        API.embeddings.request(body: #"{"model":"m","input":"i","dimensions":-1}"#), 400,
        "Invalid 'dimensions': integer below minimum value.", "integer_below_min_value"
      ),
      (API.responses.request(body: "["), 400, "We could not parse the JSON body", nil),
    ]
    for (request, status, message, code) in cases {
      let answer = provider.answer(request)
      let error = try JSONDecoder().decode(ErrorBody.self, from: Data(answer.body.utf8)).error
      #expect(answer.status == status)
      #expect(error.message.hasPrefix(message))
      #expect(error.type == "invalid_request_error")
      #expect(error.code == code)
    }
  }

  @Test func `rate limit headers give durations to full restoration`() throws {
    var provider = try makeProvider(account: "rpm=60,itpm=60000")
    let headers = provider.answer(API.chatCompletions.request(maxTokens: 12)).headers
    #expect(headers["x-ratelimit-limit-requests"] == "60")
    #expect(headers["x-ratelimit-remaining-requests"] == "59")
    #expect(headers["x-ratelimit-reset-requests"] == "1s")
    #expect(headers["x-ratelimit-limit-tokens"] == "60000")
    #expect(headers["x-ratelimit-remaining-tokens"] == "59988")
    #expect(headers["x-ratelimit-reset-tokens"] == "12ms")
  }

  @Test(arguments: [(8640, "8.64s"), (360_000, "6m0s"), (3_600_000, "1h0m0s")])
  func `long resets are written in minutes and hours`(tokens: Int, expected: String) throws {
    var provider = try makeProvider(account: "itpm=60000,burst=7200")
    let headers = provider.answer(API.chatCompletions.request(maxTokens: tokens)).headers
    #expect(headers["x-ratelimit-reset-tokens"] == expected)
  }

  @Test func `tokens are reserved by max_tokens`() throws {
    var provider = try makeProvider {
      $0.outputTokens = 1...1
      $0.defaultAccount = try AccountPlan(parsing: "itpm=6000")
    }
    #expect(provider.answer(API.chatCompletions.request(maxTokens: 4000)).status == 200)
    let refused = provider.answer(API.chatCompletions.request(maxTokens: 4000))
    let error = try JSONDecoder().decode(ErrorBody.self, from: Data(refused.body.utf8)).error
    #expect(refused.status == 429)
    #expect(refused.headers["retry-after"] == "20")
    #expect(error.code == "rate_limit_exceeded")
    #expect(error.type == "tokens")
    #expect(error.message.contains("Limit 6000. Please try again in 20s."))
  }

  @Test func `unsuccessful requests count towards the limit`() throws {
    var provider = try makeProvider(account: "rpm=60,burst=1")
    #expect(provider.answer(API.chatCompletions.request()).status == 200)
    #expect(provider.answer(API.chatCompletions.request(), at: .seconds(0.6)).status == 429)
    #expect(provider.answer(API.chatCompletions.request(), at: .seconds(1.2)).status == 429)
    #expect(provider.answer(API.chatCompletions.request(), at: .seconds(2.2)).status == 200)
  }
}

private struct ErrorBody: Decodable {
  struct Details: Decodable {
    let message: String
    let type: String
    let code: String?
  }
  let error: Details
}
