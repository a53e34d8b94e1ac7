import Foundation
import Simulator
import Testing

/// When output counts, seen by what passes and what the headers say.
struct ChargeTests {
  /// A provider that answers each prompt with 100 output tokens, after some time.
  private func provider(_ settings: String) throws -> SimulatedProvider {
    try makeProvider {
      $0.outputTokens = 100...100
      $0.defaultAccount = try AccountPlan(parsing: settings)
    }
  }

  /// What is left of the tokens on OpenAI's wire, whose headers round nothing.
  private func left(_ provider: inout SimulatedProvider, _ exchange: Exchange) throws -> Int {
    let headers = provider.finish(exchange, at: .zero)
    let value = headers.first { $0.name == "x-ratelimit-remaining-tokens" }?.value
    return try #require(value.flatMap { Int($0) })
  }

  @Test(arguments: [("reserved", 4), ("reserved-kept", 1)])
  func `a reservation is taken at admission and given back or not`(
    charge: String,
    passing: Int
  ) throws {
    var provider = try provider("otpm=1000,charge=\(charge)")
    let first = provider.receive(API.messages.request(maxTokens: 700), at: .zero)
    #expect(first.reply.status == 200)
    #expect(provider.answer(API.messages.request(maxTokens: 700)).status == 429)
    _ = provider.finish(first, at: .zero)
    let statuses = (0..<6).map { _ in
      provider.answer(API.messages.request(maxTokens: 700)).status
    }
    #expect(statuses.count { $0 == 200 } == passing - 1)
    #expect(statuses.prefix(passing - 1).allSatisfy { $0 == 200 })
  }

  @Test(arguments: [
    ("produced", 10_000 - 2 - 100), ("reserved", 10_000 - 2 - 100), ("reserved-kept", 9_300),
    ("input", 10_000 - 2),
  ])
  func `one meter of both kinds counts by the same models`(charge: String, after: Int) throws {
    var provider = try provider("itpm=10000,charge=\(charge)")
    let exchange = provider.receive(API.chatCompletions.request(maxTokens: 700), at: .zero)
    #expect(try left(&provider, exchange) == after)
  }

  @Test func `an answer that never comes gives nothing back, a failed one everything`() throws {
    for (fault, after) in [("hang", 9_300), ("500", 10_000)] {
      var provider = try makeProvider {
        $0.faults = try FaultPlan(parsing: ["\(fault)=1"])
        $0.defaultAccount = try AccountPlan(parsing: "itpm=10000,charge=reserved")
      }
      let exchange = provider.receive(API.chatCompletions.request(maxTokens: 700), at: .zero)
      #expect(try left(&provider, exchange) == (fault == "500" ? 10_000 - 2 : after))
    }
  }

  @Test func `only input counts in Gemini's way`() throws {
    var provider = try provider("itpm=600,otpm=1,charge=input")
    for _ in 0..<5 { #expect(provider.answer(API.messages.request()).status == 200) }
  }

  @Test func `what is read from the cache is reported, and free on Anthropic's wire`() throws {
    var provider = try makeProvider {
      $0.cachedShare = 0.75
      $0.defaultAccount = try AccountPlan(parsing: "itpm=60,burst=60")
    }
    let prompt = String(repeating: "12345678", count: 40)
    let request = API.messages.request(prompt)
    let answer = provider.answer(request)
    let usage = try JSONDecoder().decode(AnthropicMessage.self, from: Data(answer.body.utf8)).usage
    #expect(usage.input_tokens == 20)
    #expect(usage.cache_read_input_tokens == 60)
    #expect((0..<4).map { _ in provider.answer(request).status } == [200, 200, 429, 429])
    let openAI = provider.answer(API.chatCompletions.request(prompt), at: .seconds(600))
    #expect(openAI.body.contains(#""prompt_tokens":80,"#))
    #expect(openAI.body.contains(#""prompt_tokens_details":{"cached_tokens":60}"#))
  }
}
