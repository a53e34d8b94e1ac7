import Jobs
import Runner
import TestSupport
import Testing

@Suite struct `The prices of models` {
  private func prices(_ text: String) throws -> Prices {
    try Prices(reading: text, file: "prices.yaml")
  }

  private func dollars(_ text: String) -> USD { USD(text) ?? .zero }

  @Test func `are read from a file, before those that are built in`() throws {
    let prices = try prices(
      """
      claude-opus-4-6: {input: 4, output: 20.5}
      "my-company/*": {input: 1, output: 2, cache_read: 0.1, cache_write: 1.25, request: 0.001}
      """
    )
    #expect(prices["claude-opus-4-6"]?.rates.output == dollars("20.5"))
    #expect(prices["claude-opus-4-5"]?.rates.output == dollars("25"))
    let mine = try #require(prices["my-company/large"])
    #expect(mine.rates.cacheRead == dollars("0.1"))
    #expect(mine.request == dollars("0.001"))
    #expect(prices["nobody/knows"] == nil)
  }

  @Test(arguments: [
    ("claude-opus-4-6-20260203", "exact"), ("claude-opus-4-6-2026-02-03", "exact"),
    ("claude-opus-4-6", "exact"), ("claude-opus-4-6-fast", "long"), ("claude-x", "short"),
  ])
  func `go by the name, then without its date, then by the longest beginning`(
    _ model: String,
    _ which: String
  ) throws {
    let prices = try prices(
      """
      "claude-*": {input: 1}
      claude-opus-4-6: {input: 2}
      "claude-opus-*": {input: 3}
      """
    )
    let expected = ["short": "1", "exact": "2", "long": "3"][which] ?? ""
    #expect(prices[model]?.rates.input == dollars(expected))
  }

  @Test func `of a file stand before every built-in one that they cover`() throws {
    let prices = try prices(#""*": {input: 7, output: 7}"#)
    #expect(prices["claude-opus-4-6"]?.rates.input == dollars("7"))
    #expect(prices.all.count == 1)
  }

  @Test(arguments: [
    ("m: {input: 1, outputs: 2}", "prices.yaml:1", "did you mean `output`?"),
    ("a: {input: 1}\nm: {output: 2}", "prices.yaml:2", "needs `input`"),
    ("m: {input: cheap}", "prices.yaml:1", "number of dollars such as"),
    ("m: {input: -1}", "prices.yaml:1", "number of dollars such as"),
    ("m: {input: 1, long: {input: 2}}", "prices.yaml:1", "`above`"),
    ("\"a*b\": {input: 1}", "prices.yaml:1", "with one `*` after it"),
    ("m: {input: 1, flex: half}", "prices.yaml:1", "how many times the rates"),
    ("m: {input: 1, priority: 0}", "prices.yaml:1", "how many times the rates"),
    ("m: 3", "prices.yaml:1", "must be fields with values"),
    ("- m", "prices.yaml:1", "written by model"),
    ("", "prices.yaml", "is empty"),
  ])
  func `that are wrong are refused by line`(_ text: String, _ place: String, _ words: String) {
    #expect {
      try prices(text)
    } throws: { error in
      "\(error)".hasPrefix(place) && "\(error)".contains(words)
    }
  }

  @Test func `are printed as a file that says the same`() throws {
    #expect(try Prices(reading: Prices.list.yaml, file: "p", fallback: nil) == Prices.list)
    #expect(Prices.list["claude-haiku-5-5"]?.long?.above == 100_000)
    #expect(Prices.list["gpt-4o-mini-2024-07-18"] != nil)
  }
}

@Suite struct `The price of a model` {
  private let price = Price(
    Price.Rates(
      input: USD(nanos: 3_000_000_000),
      output: USD(nanos: 15_000_000_000),
      cacheRead: USD(nanos: 300_000_000),
      cacheWrite: USD(nanos: 3_750_000_000)
    ),
    long: Price.Long(
      above: 1_000,
      rates: Price.Rates(input: USD(nanos: 6_000_000_000), output: USD(nanos: 30_000_000_000))
    ),
    request: USD(nanos: 5)
  )

  @Test func `counts cached input as the provider does`() {
    let usage = Usage(inputTokens: 100, outputTokens: 10, cacheRead: 40, cacheCreation: 20)
    let apart = price.cost(of: usage, countsCacheInInput: false)
    #expect(apart == USD(nanos: 100 * 3_000 + 40 * 300 + 20 * 3_750 + 10 * 15_000 + 5))
    let within = price.cost(of: usage, countsCacheInInput: true)
    #expect(within == USD(nanos: 40 * 3_000 + 40 * 300 + 20 * 3_750 + 10 * 15_000 + 5))
  }

  @Test func `of a long input is another for the whole request`() {
    let usage = Usage(inputTokens: 600, outputTokens: 10, cacheRead: 401)
    let cost = price.cost(of: usage, countsCacheInInput: false)
    #expect(cost == USD(nanos: 1_001 * 6_000 + 10 * 30_000 + 5))
  }

  @Test func `follows the tier that served the answer`() throws {
    var tiered = price
    tiered.tiers = [.flex: try #require(Factor("0.5")), .priority: try #require(Factor("2.5"))]
    let cost = { (price: Price, tier: ServiceTier?) in
      price.cost(
        of: Usage(inputTokens: 10, outputTokens: 10, cacheRead: 10, tier: tier),
        countsCacheInInput: false
      )
    }
    let tokens = 10 * 3_000 + 10 * 15_000 + 10 * 300
    #expect(cost(tiered, nil) == USD(nanos: tokens + 5))
    #expect(cost(tiered, .flex) == USD(nanos: tokens / 2 + 5))
    #expect(cost(tiered, .priority) == USD(nanos: tokens * 5 / 2 + 5))
    #expect(cost(price, .flex) == USD(nanos: tokens + 5))
  }

  @Test func `is at worst that of the dearer tier`() throws {
    var tiered = price
    tiered.tiers = [.flex: try #require(Factor("0.5")), .priority: try #require(Factor("2"))]
    let usual = tiered.worst(input: 100, output: 10)
    #expect(tiered.worst(input: 100, output: 10, tier: .flex) == usual)
    let most = tiered.worst(input: 100, output: 10, tier: .priority)
    #expect(most == USD(nanos: (usual.nanos - 5) * 2 + 5))
  }

  @Test func `is rounded up to a whole nanodollar`() {
    let price = Price(Price.Rates(input: USD(nanos: 1), output: .zero))
    #expect(price.cost(of: Usage(inputTokens: 1), countsCacheInInput: false) == USD(nanos: 1))
    #expect(price.cost(of: Usage(), countsCacheInInput: false) == .zero)
  }

  @Test(arguments: 0..<1_000)
  func `never exceeds its worst case`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let (input, output) = (Int.random(in: 0...3_000, using: &random), 500)
    let read = Int.random(in: 0...input, using: &random)
    let written = Int.random(in: 0...input - read, using: &random)
    let usage = Usage(
      inputTokens: input - read - written,
      outputTokens: .random(in: 0...output, using: &random),
      cacheRead: read,
      cacheCreation: written
    )
    let cost = price.cost(of: usage, countsCacheInInput: false)
    #expect(cost <= price.worst(input: input, output: output))
  }

  @Test func `can be as large as numbers go`() {
    let worst = price.worst(input: .max, output: .max)
    #expect(worst > USD(nanos: 1_000_000_000_000))
    #expect(worst.nanos < .max / 100_000)
  }
}
