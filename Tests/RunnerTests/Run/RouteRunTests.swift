import Jobs
import Runner
import Testing
import Transport

@Suite struct `A run by several routes` {
  private func batch(routes: Int, _ clock: TestClock) throws -> TestBatch {
    var batch = try TestBatch(0..<20)
    batch.clock = clock
    batch.attempts = 1
    batch.routes = routes
    return batch
  }

  @Test func `tries a broken handshake again at once and charges it to no job`() async throws {
    let clock = TestClock()
    let client = ScriptedClient(clock: clock) { sent, earlier in
      earlier < 3 ? .fail(TransportError(.handshake, "reset")) : .completed(sent.prompt)
    }
    var batch = try batch(routes: 1, clock)
    // One at a time, so that each is answered before others break.
    batch.concurrency = 1
    let report = try await batch.run(client).execute()
    #expect(report.summary.completed == 20)
    #expect(report.summary.traffic.retries == 0 && report.summary.traffic.requestsSent == 20)
    #expect(clock.elapsed == .zero)
    #expect(client.sent.count == 80)
  }

  @Test func `goes by another where one refuses connections`() async throws {
    let clock = TestClock()
    let client = ScriptedClient(clock: clock) { sent, _ in
      sent.route == "route-0"
        ? .fail(TransportError(.connect, "refused")) : .completed(sent.prompt)
    }
    let batch = try batch(routes: 2, clock)
    let report = try await batch.run(client).execute()
    #expect(report.summary.completed == 20)
    #expect(clock.elapsed == .zero)
    #expect(client.sent.count { $0.route == "route-0" } < 20)
  }

  @Test func `leaves a route out where the provider serves nobody, and keeps the key`() async throws
  {
    let clock = TestClock()
    let client = ScriptedClient(clock: clock) { sent, _ in
      sent.route == "route-0"
        ? .refused(403, "forbidden", "Request not allowed") : .completed(sent.prompt)
    }
    let two = try batch(routes: 2, clock)
    let several = try await two.run(client).execute()
    #expect(several.summary.completed == 20)
    #expect(client.sent.count { $0.route == "route-0" } <= 4)
    let one = try batch(routes: 1, clock)
    let single = try await one.run(client).execute()
    #expect(single.why == "unavailable")
    #expect(single.summary.failed == 0 && single.summary.pending == 20)
  }
}
