import Jobs
import Runner
import Testing
import Transport

@Suite struct `A run in an outage` {
  @Test func `fails no job and probes until it is over`() async throws {
    var batch = try TestBatch(0..<20)
    let clock = TestClock()
    batch.clock = clock
    batch.attempts = 2
    let end = clock.start + .seconds(600)
    let client = ScriptedClient(clock: clock) { sent, _ in
      guard sent.prompt != "job-0", sent.at < end else { return .completed(sent.prompt) }
      return .refused(529, "overloaded_error")
    }
    let run = try await batch.run(client)
    async let report = run.execute()
    await client.reached(1)
    clock.turnByItself()
    #expect(try await report.why == "finished")
    #expect(try await report.summary.completed == 20)
    let during = client.sent.count { $0.at > clock.start && $0.at < end }
    #expect(during < 20 + 600 / 7)
  }

  @Test func `gives up when no endpoint has ever answered`() async throws {
    var batch = try TestBatch(0..<20)
    let clock = TestClock()
    batch.clock = clock
    batch.attempts = 2
    batch.giveUpAfter = .seconds(90)
    let client = ScriptedClient(clock: clock) { _, _ in
      .fail(TransportError(.connect, "connection refused"))
    }
    let run = try await batch.run(client)
    async let report = run.execute()
    await client.reached(1)
    clock.turnByItself()
    #expect(try await report.why == "unavailable")
    #expect(try await report.summary.pending == 20)
    #expect(clock.elapsed >= .seconds(90))
    #expect(try await report.summary.traffic.requestsSent == 0)
  }
}
