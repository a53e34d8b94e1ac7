import Simulator
import Testing

/// In what condition headers arrive.
struct HeaderTests {
  private func limitHeaders(_ condition: String, requests: Int = 1) throws -> [[String: String]] {
    var provider = try makeProvider(account: "rpm=60000,itpm=600000,headers=\(condition)")
    return (0..<requests).map { _ in
      provider.answer(API.chatCompletions.request()).headers.filter {
        $0.key.hasPrefix("x-ratelimit-")
      }
    }
  }

  @Test func `headers are lost as often as asked, and all of a response together`() throws {
    let counts = try limitHeaders("loss=0.3", requests: 1000).map(\.count)
    #expect(Set(counts) == [0, 6])
    #expect((250...350).contains(counts.count { $0 == 0 }))
    #expect(try limitHeaders("none") == [[:]])
    #expect(try limitHeaders("full")[0].count == 6)
  }

  @Test func `nonsense has the right names and no sensible number`() throws {
    for headers in try limitHeaders("nonsense", requests: 100) {
      #expect(headers.count == 6)
      #expect(headers.values.allSatisfy { (Int($0) ?? -1) < 0 })
    }
  }

  @Test func `a project's tokens have headers of their own`() throws {
    var provider = try makeProvider(account: "itpm=600000,project=6000")
    let headers = provider.answer(API.chatCompletions.request(maxTokens: 1000)).headers
    #expect(headers["x-ratelimit-limit-project-tokens"] == "6000")
    #expect(headers["x-ratelimit-remaining-project-tokens"] == "5000")
    #expect(headers["x-ratelimit-reset-project-tokens"] == "10s")
  }

  @Test func `the clock is ahead in dates and resets`() throws {
    let ahead = WallClock(started: 1_755_780_059 + 30)
    var configuration = SimulatorConfiguration()
    configuration.defaultAccount = try AccountPlan(parsing: "rpm=60")
    var provider = SimulatedProvider(configuration, clock: ahead)
    let headers = provider.answer(API.messages.request()).headers
    #expect(headers["date"] == "Thu, 21 Aug 2025 12:41:29 GMT")
    #expect(headers["anthropic-ratelimit-requests-reset"] == "2025-08-21T12:41:30Z")
  }

  private static let waits: [(RetryAfterStyle, String, String?)] = [
    (.seconds, "retry-after", "3"), (.milliseconds, "retry-after-ms", "2500"),
    (.date, "retry-after", "Thu, 21 Aug 2025 12:41:02 GMT"), (.none, "retry-after", nil),
  ]

  @Test(arguments: waits)
  func `a wait is told in the style that was asked for`(
    style: RetryAfterStyle,
    name: String,
    value: String?
  ) throws {
    var provider = try makeProvider {
      $0.retryAfterStyle = style
      $0.defaultAccount = try AccountPlan(parsing: "rpm=20,burst=3")
    }
    _ = provider.answer(API.messages.request())
    let refused = provider.answer(API.messages.request(), at: .seconds(0.5)).headers
    #expect(refused[name] == value)
    #expect(refused.keys.count { $0.hasPrefix("retry-after") } == (value == nil ? 0 : 1))
  }
}
