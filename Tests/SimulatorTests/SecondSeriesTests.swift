import Foundation
import Simulator
import Testing

/// The part of the ledger that tells one second from the next.
private struct Series: Decodable {
  struct Second: Decodable, Equatable {
    let t: Int
    let served: Int
    let rate_limited: Int
    let refused: Int
    let input_tokens: Int
    let output_tokens: Int
  }
  struct Tally: Decodable {
    let seconds: [Second]
  }
  let total: Tally
  let accounts: [String: Tally]

  init(of provider: SimulatedProvider, since second: Int = 0) throws {
    let text = provider.ledger(since: second)
    self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
  }
}

struct SecondSeriesTests {
  /// A provider of two accounts that answers each prompt with 50 output tokens.
  private func makeTwoAccounts() throws -> SimulatedProvider {
    try makeProvider {
      $0.outputTokens = 50...50
      $0.keys = try ["a=key-a,rpm=60,burst=2", "b=key-b"].map { try RehearsalKey(parsing: $0) }
    }
  }

  @Test func `each second has what came in it, and the output that was completed in it`() throws {
    var provider = try makeTwoAccounts()
    let late = provider.receive(API.messages.request(key: "key-a"), at: .seconds(1.2))
    for _ in 0..<3 { _ = provider.answer(API.messages.request(key: "key-a"), at: .seconds(1.9)) }
    _ = provider.answer(API.messages.request(key: "key-b"), at: .seconds(4))
    _ = provider.answer(API.messages.request(body: "{", key: "key-b"), at: .seconds(4.999))
    _ = provider.finish(late, at: .seconds(5))
    let series = try Series(of: provider)
    #expect(
      series.total.seconds == [
        .init(t: 1, served: 2, rateLimited: 2, refused: 0, inputTokens: 4, outputTokens: 50),
        .init(t: 4, served: 1, rateLimited: 0, refused: 1, inputTokens: 2, outputTokens: 50),
        .init(t: 5, served: 0, rateLimited: 0, refused: 0, inputTokens: 0, outputTokens: 50),
      ]
    )
    #expect(series.accounts["a"]?.seconds.map(\.t) == [1, 5])
    #expect(series.accounts["b"]?.seconds.map(\.t) == [4])
  }

  @Test func `seconds before the one that is asked for are left out`() throws {
    var provider = try makeTwoAccounts()
    for second in 0..<6 {
      _ = provider.answer(API.messages.request(key: "key-b"), at: .seconds(second))
    }
    #expect(try Series(of: provider, since: 4).total.seconds.map(\.t) == [4, 5])
    #expect(try Series(of: provider, since: 9).total.seconds.isEmpty)
  }

  @Test func `the last day is kept and no more`() throws {
    var provider = makeProvider()
    for second in [0, 60_000, 100_000, 130_000, 140_000] {
      _ = provider.answer(API.messages.request(body: "{"), at: .seconds(second))
    }
    #expect(try Series(of: provider).total.seconds.map(\.t) == [60_000, 100_000, 130_000, 140_000])
  }
}

extension Series.Second {
  fileprivate init(
    t: Int,
    served: Int,
    rateLimited: Int,
    refused: Int,
    inputTokens: Int,
    outputTokens: Int
  ) {
    self.t = t
    self.served = served
    rate_limited = rateLimited
    self.refused = refused
    input_tokens = inputTokens
    output_tokens = outputTokens
  }
}
