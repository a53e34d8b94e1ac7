import Jobs
import Runner
import Testing
import Transport

/// Runs under a budget; an answer costs five millionths of a dollar, a request at most some 100.
@Suite struct `A run under a budget` {
  private let lost = TransportError(.connectionLost, "it broke", requestMayHaveLeft: true)

  @Test func `stops before it is exceeded, and goes on when it is raised`() async throws {
    var batch = try TestBatch(0..<200)
    batch.budget = USD(nanos: 600_000)
    let report = try await batch.execute()
    #expect(report.why.hasPrefix("budget") && report.why.hasSuffix("of $0.0006"))
    #expect(report.summary.cost == USD(nanos: report.summary.completed * 5_000))
    #expect(report.summary.cost <= USD(nanos: 600_000))
    #expect(report.summary.failed == 0)
    batch.budget = USD(nanos: 2_000_000)
    #expect(try await batch.execute().why == "finished")
    #expect(try batch.completed.count == 200)
  }

  @Test func `holds when the provider counts far more tokens than were sent`() async throws {
    var batch = try TestBatch(0..<200)
    batch.budget = USD(nanos: 50_000_000)
    let body = #"{"type":"message","content":[],"usage":{"input_tokens":900,"output_tokens":9}}"#
    let report = try await batch.execute(
      ScriptedClient { _, _ in .reply(HTTPResponse(status: 200, body: Array(body.utf8))) }
    )
    #expect(report.why.hasPrefix("budget"))
    #expect(report.summary.cost <= USD(nanos: 50_000_000))
    #expect(report.summary.cost >= USD(nanos: 47_500_000))
  }

  @Test(arguments: [nil, USD(nanos: 50_000_000)])
  func `does not believe in more tokens than a request can have`(_ budget: USD?) async throws {
    var batch = try TestBatch(0..<20)
    batch.budget = budget
    let usage = #"{"input_tokens":99999999999,"output_tokens":99999999999}"#
    let body = #"{"type":"message","content":[],"usage":\#(usage)}"#
    let report = try await batch.execute(
      ScriptedClient { _, _ in .reply(HTTPResponse(status: 200, body: Array(body.utf8))) }
    )
    #expect(report.why == "finished")
    #expect(report.summary.completed == 20)
    #expect(report.summary.cost <= budget ?? USD(nanos: 20_000_000_000))
    #expect(report.summary.inputTokens < 20 * 110_000)
  }

  @Test(arguments: [
    (ScriptedClient.Answer.refused(500, "api_error"), false),
    (.refused(529, "overloaded_error"), false),
    (.refused(429, "rate_limit_error"), false),
    (.refused(504, "timeout_error"), true),
    (.reply(HTTPResponse(status: 200, body: Array("{\"half".utf8))), true),
    (.fail(TransportError(.connectionLost, "it broke", requestMayHaveLeft: true)), true),
    (.fail(TransportError(.connect, "refused", requestMayHaveLeft: false)), false),
  ])
  func `charges what may have been billed`(
    _ first: ScriptedClient.Answer,
    _ isCharged: Bool
  ) async throws {
    var batch = try TestBatch(0..<1)
    batch.budget = USD("1")
    let client = ScriptedClient { sent, earlier in
      earlier == 0 ? first : .completed(sent.prompt)
    }
    let report = try await batch.execute(client)
    #expect(report.summary.completed == 1)
    #expect((report.summary.unanswered > .zero) == isCharged)
    #expect(report.summary.cost == USD(nanos: 5_000))
  }

  @Test func `keeps the charge for the next run`() async throws {
    var batch = try TestBatch(0..<1)
    batch.attempts = 2
    batch.budget = USD("1")
    let lost = lost
    let report = try await batch.execute(ScriptedClient { _, _ in .fail(lost) })
    let charged = report.summary.unanswered
    #expect(charged > .zero)
    try batch.write(0..<2)
    batch.budget = charged
    #expect(try await batch.execute().why.hasPrefix("budget"))
  }

  @Test func `stops at a model without a price, and fails no job`() async throws {
    var batch = try TestBatch(0..<3)
    batch.budget = USD("1")
    batch.prices = Prices([])
    let client = ScriptedClient()
    let report = try await batch.execute(client)
    #expect(report.why == "unpriced: test")
    #expect(report.summary.pending == 3)
    #expect(client.sent.isEmpty)
  }
}
