import Runner
import TestSupport
import Testing
import Transport

@Suite struct `Nonsense in headers about limits` {
  private static let now = 1_795_464_000.0

  private static func sighting(_ headers: [(name: String, value: String)]) -> LimitSighting {
    limitSighting(in: HTTPResponse(status: 200, headers: headers), at: now)
  }

  private static let nonsense = [
    "", "-1", "NaN", "inf", "1e400", "1e3", "+5", "many", "0x10", "5, 5", "5 5", "5;", "1.2.3",
    "99999999999999999999", "٣", "null", "\"5\"", "1_000", "1,000",
  ]

  @Test(arguments: nonsense)
  func `is not taken, and what makes sense stays`(_ value: String) {
    for (prefix, suffix) in [("anthropic-ratelimit-requests-", ""), ("x-ratelimit-", "-requests")] {
      let name = { (part: String) in prefix + part + suffix }
      let limit = Self.sighting([(name("limit"), value), (name("remaining"), "5")])
      #expect(limit.requests == LimitStanding(remaining: 5))
      let remaining = Self.sighting([(name("limit"), "5"), (name("remaining"), value)])
      #expect(remaining.requests == LimitStanding(limit: 5))
      let both = Self.sighting([(name("limit"), value), (name("remaining"), value)])
      #expect(both == .nothing)
    }
  }

  @Test func `a limit of nothing and more left than there is are not taken`() {
    let name = { (part: String) in "x-ratelimit-\(part)-requests" }
    #expect(Self.sighting([(name("limit"), "0")]) == .nothing)
    let over = Self.sighting([(name("limit"), "100"), (name("remaining"), "5000")])
    #expect(over.requests == LimitStanding(limit: 100))
    let slightly = Self.sighting([(name("limit"), "100"), (name("remaining"), "120")])
    #expect(slightly.requests == LimitStanding(limit: 100, remaining: 120))
  }

  @Test(arguments: ["7", "5", "-1", ""])
  func `a field that stands there twice is not taken`(_ second: String) {
    let sighting = Self.sighting([
      ("anthropic-ratelimit-requests-limit", "5"), ("Anthropic-RateLimit-Requests-Limit", second),
      ("anthropic-ratelimit-requests-remaining", "3"),
      ("anthropic-ratelimit-requests-limit", "9"),
    ])
    #expect(sighting.requests == LimitStanding(remaining: 3))
  }

  @Test func `a response that says nothing of limits says nothing`() {
    #expect(limitSighting(in: HTTPResponse(status: 200), at: Self.now) == .nothing)
    let sighting = Self.sighting([
      ("date", "Mon, 23 Nov 2026 20:00:00 GMT"), ("x-ratelimit", "5"), ("ratelimit-foo", "5"),
      ("anthropic-ratelimit-requests", "5"), ("anthropic-ratelimit-requests-limits", "5"),
      ("anthropic-ratelimit-images-limit", "5"), ("x-ratelimit-limit-images", "5"),
      ("x-ratelimit-limit-requests-day", "5"), ("my-x-ratelimit-limit-requests", "5"),
      ("retry-after", "5"), ("RateLimit", ""), ("RateLimit-Policy", ";;,\"\";q=5,x"),
    ])
    #expect(sighting == .nothing)
  }

  private static let corpus: [(name: String, value: String)] = [
    ("anthropic-ratelimit-requests-limit", "1000"),
    ("anthropic-ratelimit-input-tokens-remaining", "1988000"),
    ("anthropic-ratelimit-output-tokens-reset", "2026-11-23T21:00:00.5+01:00"),
    ("anthropic-ratelimit-output-tokens-limit", "400000"),
    ("x-ratelimit-limit-requests", "14400"), ("x-ratelimit-remaining-requests", "14000"),
    ("x-ratelimit-reset-requests", "1h2m59.56s"), ("x-ratelimit-limit-project-tokens", "1e9"),
    ("x-ratelimit-renewalperiod-tokens", "60"), ("x-ratelimit-limit-tokens", "160000"),
    ("RateLimit-Policy", "\"a, b\";q=100;w=60, \"tokens\";q=9;qu=\"tokens\";w=1"),
    ("RateLimit", "\"a, b\";r=50;t=30"), ("RateLimit-Limit", "60"), ("RateLimit-Reset", "50"),
  ]
  private static let spice = Array("0123456789.,;:=\"-+eEZThmsd \u{0}é∞٣".utf8) + [0x80, 0xFF]

  @Test func `mutated headers never give a value out of its range`() {
    var random = SeededGenerator(seed: 20_261_123)
    var told = 0
    for _ in 0..<20_000 {
      let fields = Self.corpus.shuffled(using: &random).prefix(
        Int.random(in: 1...9, using: &random)
      )
      let headers = fields.map { field in
        (name: mutated(field.name, 10, &random), value: mutated(field.value, 2, &random))
      }
      let sighting = Self.sighting(headers)
      for meter in Meter.allCases {
        guard let standing = sighting[meter] else { continue }
        told += 1
        #expect(isSane(standing), "\(headers)")
      }
    }
    #expect(told > 5_000)
  }

  /// One in `rarity` texts has up to three of its bytes replaced, dropped or joined by others.
  private func mutated(_ text: String, _ rarity: Int, _ random: inout SeededGenerator) -> String {
    guard Int.random(in: 0..<rarity, using: &random) == 0 else { return text }
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0...bytes.count, using: &random)
      let spice = Self.spice[Int.random(in: 0..<Self.spice.count, using: &random)]
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.insert(spice, at: place)
      case 1 where place < bytes.count: bytes[place] = spice
      case 2 where place < bytes.count: bytes.remove(at: place)
      default: bytes += bytes.prefix(place)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func isSane(_ standing: LimitStanding) -> Bool {
    let tenYears = Duration.seconds(315_360_000)
    let limit = standing.limit ?? 1
    let remaining = standing.remaining ?? 0
    let most = standing.limit.map { 2 * $0 + standing.granularity } ?? 1e15
    return limit > 0 && limit < 1e15 && remaining >= 0 && remaining <= most
      && standing.window > .zero && standing.window <= tenYears
      && (Duration.zero...tenYears).contains(standing.reset ?? .zero)
  }
}
