import Runner
import Testing
import Transport

@Suite struct `Limits in headers` {
  /// 2026-11-23T20:00:00Z.
  private static let now = 1_795_464_000.0

  private static func sighting(_ head: String) -> LimitSighting {
    limitSighting(in: response(head), at: now)
  }

  /// A response with these header lines.
  private static func response(_ head: String) -> HTTPResponse {
    let headers = head.split(separator: "\n").map { line in
      let name = line.prefix { $0 != ":" }
      return (name: String(name), value: String(line.dropFirst(name.count + 1)))
    }
    return HTTPResponse(status: 200, headers: headers)
  }

  private static let anthropic = """
    date: Mon, 23 Nov 2026 20:00:00 GMT
    content-type: application/json
    anthropic-ratelimit-input-tokens-limit: 2000000
    anthropic-ratelimit-input-tokens-remaining: 1988000
    anthropic-ratelimit-input-tokens-reset: 2026-11-23T20:00:01Z
    anthropic-ratelimit-output-tokens-limit: 400000
    anthropic-ratelimit-output-tokens-remaining: 396000
    anthropic-ratelimit-output-tokens-reset: 2026-11-23T21:00:00.5+01:00
    anthropic-ratelimit-requests-limit: 1000
    anthropic-ratelimit-requests-remaining: 999
    anthropic-ratelimit-requests-reset: 2026-11-23T12:00:00-08:00
    anthropic-ratelimit-tokens-limit: 2400000
    anthropic-ratelimit-tokens-remaining: 2384000
    anthropic-ratelimit-tokens-reset: 2026-11-23T20:00:00Z
    request-id: req_011CSHoEeqs5C35K2UUqR7Fy
    anthropic-organization-id: 8e6b3a1c-0000-4000-8000-000000000000
    cf-ray: 9a1f-FRA
    """

  @Test func `reads Anthropic's three limits, tokens to the nearest thousand`() {
    let sighting = Self.sighting(Self.anthropic)
    #expect(
      sighting.requests == LimitStanding(limit: 1_000, remaining: 999, reset: .zero)
    )
    #expect(
      sighting.inputTokens
        == LimitStanding(
          limit: 2_000_000,
          remaining: 1_988_000,
          reset: .seconds(1),
          granularity: 1_000
        )
    )
    #expect(
      sighting.outputTokens
        == LimitStanding(
          limit: 400_000,
          remaining: 396_000,
          reset: .milliseconds(500),
          granularity: 1_000
        )
    )
    #expect(sighting.tokens == nil)
  }

  @Test func `Anthropic's tokens of both kinds count where no kind is told`() {
    let sighting = Self.sighting(
      """
      anthropic-ratelimit-tokens-limit: 80000
      anthropic-ratelimit-tokens-remaining: 79000
      anthropic-ratelimit-tokens-reset: 2026-11-23T20:00:00Z
      """
    )
    #expect(sighting.inputTokens == nil && sighting.outputTokens == nil)
    #expect(sighting.tokens?.limit == 80_000 && sighting.tokens?.remaining == 79_000)
  }

  @Test func `Anthropic's priority tier counts where the common limits are missing`() {
    let tier = """
      anthropic-priority-input-tokens-limit: 10000
      anthropic-priority-input-tokens-remaining: 9618
      anthropic-priority-input-tokens-reset: 2026-11-23T20:00:30Z
      anthropic-priority-output-tokens-limit: 10000
      anthropic-priority-output-tokens-remaining: 6000
      """
    let alone = Self.sighting(tier)
    #expect(alone.inputTokens?.limit == 10_000 && alone.inputTokens?.remaining == 9_618)
    #expect(alone.outputTokens?.remaining == 6_000)
    #expect(Self.sighting(Self.anthropic + "\n" + tier) == Self.sighting(Self.anthropic))
  }

  private static let openAI = """
    x-request-id: req_1
    x-ratelimit-limit-requests: 5000
    x-ratelimit-limit-tokens: 160000
    x-ratelimit-remaining-requests: 4999
    x-ratelimit-remaining-tokens: 159976
    x-ratelimit-reset-requests: 12ms
    x-ratelimit-reset-tokens: 9ms
    """

  @Test func `reads OpenAI's limits`() {
    let sighting = Self.sighting(Self.openAI)
    #expect(
      sighting.requests == LimitStanding(limit: 5_000, remaining: 4_999, reset: .milliseconds(12))
    )
    #expect(
      sighting.tokens == LimitStanding(limit: 160_000, remaining: 159_976, reset: .milliseconds(9))
    )
    #expect(sighting.inputTokens == nil && sighting.outputTokens == nil)
  }

  @Test(arguments: [("10000", "500", 10_000.0), ("100000", "99000", 160_000)])
  func `the tighter one of OpenAI's organisation and project counts`(
    _ limit: String,
    _ remaining: String,
    _ expected: Double
  ) {
    let sighting = Self.sighting(
      """
      \(Self.openAI.replacing("159976", with: "80000"))
      x-ratelimit-limit-project-tokens: \(limit)
      x-ratelimit-remaining-project-tokens: \(remaining)
      x-ratelimit-reset-project-tokens: 6m0s
      """
    )
    #expect(sighting.tokens?.limit == expected)
  }

  @Test func `a project's limit counts alone`() {
    let sighting = Self.sighting("x-ratelimit-limit-project-tokens: 5000")
    #expect(sighting.tokens == LimitStanding(limit: 5_000))
  }

  @Test(
    arguments: [
      ("6m0s", .seconds(360)), ("12ms", .milliseconds(12)), ("1s", .seconds(1)),
      ("1h2m3.5s", .milliseconds(3_723_500)), ("2m59.56s", .milliseconds(179_560)),
      ("1d2h", .seconds(93_600)), ("38", .seconds(38)), ("0.25", .milliseconds(250)),
      ("0s", .zero), ("", nil), ("s", nil), ("1", .seconds(1)), ("1x", nil), ("1.2.3s", nil),
      ("-1s", nil), ("1m-1s", nil), ("soon", nil), ("5000d", nil), ("1s ago", nil), (".5s", nil),
    ] as [(String, Duration?)]
  )
  func `reads durations`(_ text: String, _ expected: Duration?) {
    let sighting = Self.sighting(
      "x-ratelimit-limit-requests: 10\nx-ratelimit-reset-requests: \(text)"
    )
    #expect(sighting.requests == LimitStanding(limit: 10, reset: expected))
  }

  @Test(
    arguments: [
      ("2026-11-23T20:00:07Z", .seconds(7)), ("2026-11-23t20:00:07z", .seconds(7)),
      ("2026-11-23T20:00:00.125Z", .milliseconds(125)),
      ("2026-11-24T01:30:01+05:30", .seconds(1)), ("2026-11-23T11:00:01-09:00", .seconds(1)),
      ("2028-02-29T20:00:00Z", .seconds(40_003_200)), ("2026-11-23T19:59:59Z", nil),
      ("2036-11-24T20:00:00Z", nil), ("2026-13-23T20:00:07Z", nil), ("2026-11-23T24:00:07Z", nil),
      ("2026-11-23T20:00:07", nil), ("2026-11-23T20:00:07+0100", nil), ("2026-11-23", nil),
      ("2026-11-23T20:00:0xZ", nil), ("2026-11-23T20:00:07Z2", nil), ("7", nil), ("", nil),
    ] as [(String, Duration?)]
  )
  func `reads moments`(_ text: String, _ expected: Duration?) {
    let sighting = Self.sighting(
      """
      anthropic-ratelimit-requests-limit: 10
      anthropic-ratelimit-requests-reset: \(text)
      """
    )
    #expect(sighting.requests == LimitStanding(limit: 10, reset: expected))
  }

  @Test func `reads Azure's seconds and its renewal period`() {
    let sighting = Self.sighting(
      """
      x-ratelimit-limit-requests: 100
      x-ratelimit-remaining-requests: 99
      x-ratelimit-reset-requests: 1
      x-ratelimit-renewalperiod-requests: 10
      x-ratelimit-limit-tokens: 100000
      x-ratelimit-remaining-tokens: 99000
      x-ratelimit-reset-tokens: 60
      x-ratelimit-renewalperiod-tokens: 60
      """
    )
    #expect(sighting.requests?.window == .seconds(10) && sighting.requests?.reset == .seconds(1))
    #expect(sighting.tokens?.window == .seconds(60) && sighting.tokens?.reset == .seconds(60))
  }

  @Test(
    arguments: [
      // Groq and OpenAI's free tier limit requests by the day.
      ("14400", "14370", "2m59.56s", 60), ("14400", "14360", "4m0s", 86_400),
      ("200", "199", "7m12s", 86_400), ("200", "0", "24h0m0s", 86_400),
      ("1000", "900", "6m0s", 3_600),
      // A minute, in its usual ways and in odd ones.
      ("5000", "4999", "12ms", 60), ("3600", "3599", "1s", 60), ("60", "0", "60s", 60),
      ("60", "0", "3m30s", 60), ("100", "98", "60s", 60), ("10", "5", "500ms", 60),
      ("6000", "400", "1s", 60), ("18000", "17997", "7.66s", 60), ("100", "100", "1h", 60),
      ("100", "150", "1h", 60), ("100", "nonsense", "24h", 60),
    ] as [(String, String, String, Int)]
  )
  func `tells a limit by the day from the time it takes to recover`(
    _ limit: String,
    _ remaining: String,
    _ reset: String,
    _ window: Int
  ) {
    let sighting = Self.sighting(
      """
      x-ratelimit-limit-requests: \(limit)
      x-ratelimit-remaining-requests: \(remaining)
      x-ratelimit-reset-requests: \(reset)
      """
    )
    #expect(sighting.requests?.window == .seconds(window))
  }

  @Test func `reads the IETF draft`() {
    let sighting = Self.sighting(
      """
      RateLimit-Policy: "default";q=100;w=60
      RateLimit: "default";r=50;t=30
      """
    )
    var expected = LimitSighting.nothing
    expected.requests = LimitStanding(limit: 100, remaining: 50, reset: .seconds(30))
    #expect(sighting == expected)
  }

  @Test func `the IETF draft's tightest policy for each meter counts`() {
    let sighting = Self.sighting(
      """
      RateLimit-Policy: "burst";q=100;w=1, "daily, by key";q=1000;w=86400;pk=:YWJj:
      RateLimit-Policy: "tpm";q=20000;qu="tokens";w=60, "out";q=9;qu="output_tokens";w=60
      RateLimit-Policy: "input-tokens" ; q=800 ; w=60, "open";q=4;qu="concurrent-requests"
      RateLimit: "burst";r=99;t=1, "daily, by key";r=20;t=3600
      """
    )
    #expect(
      sighting.requests
        == LimitStanding(
          limit: 1_000,
          window: .seconds(86_400),
          remaining: 20,
          reset: .seconds(3_600)
        )
    )
    #expect(sighting.tokens == LimitStanding(limit: 20_000))
    #expect(sighting.inputTokens == LimitStanding(limit: 800))
    #expect(sighting.outputTokens == LimitStanding(limit: 9))
  }

  @Test(arguments: ["RateLimit-", "X-RateLimit-", "x-ratelimit-"])
  func `reads fields that name no meter as requests`(_ prefix: String) {
    let sighting = Self.sighting(
      "\(prefix)Limit: 60\n\(prefix)Remaining: 56\n\(prefix)Reset: 50"
    )
    var expected = LimitSighting.nothing
    expected.requests = LimitStanding(limit: 60, remaining: 56, reset: .seconds(50))
    #expect(sighting == expected)
  }

  @Test func `a reset may be a moment in seconds since 1970`() {
    let sighting = Self.sighting("x-ratelimit-limit: 60\nx-ratelimit-reset: 1795464050")
    #expect(sighting.requests?.reset == .seconds(50))
  }

  @Test func `a gateway's translations do not count beside the original`() {
    let both = Self.openAI + "\nRateLimit-Limit: 7\n" + Self.anthropic
    #expect(Self.sighting(both) == Self.sighting(Self.anthropic))
  }
}
