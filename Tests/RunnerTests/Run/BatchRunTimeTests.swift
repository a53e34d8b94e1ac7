import Jobs
import Runner
import Testing

@Suite struct `A run in time` {
  @Test func `charges no attempt for a key that is replaced`() async throws {
    var batch = try TestBatch(0..<30)
    batch.attempts = 1
    let key = TestKeySource("old-key")
    batch.keys = [key]
    let client = ScriptedClient { sent, earlier in
      guard sent.prompt == "job-9", earlier == 0 else { return .completed(sent.prompt) }
      key.replace(with: "new-key")
      return .refused(401, "authentication_error")
    }
    let events = RecordedEvents()
    let report = try await batch.execute(client, events: events)
    #expect(report.why == "finished")
    #expect(events.count("parked") == 0)
    #expect(report.summary.completed == 30 && report.summary.failed == 0)
    #expect(client.sent.count == 31)
  }

  @Test func `sends nothing before the time the provider named`() async throws {
    var batch = try TestBatch(0..<3)
    let clock = TestClock()
    batch.clock = clock
    batch.concurrency = 1
    batch.attempts = 1
    let client = ScriptedClient(clock: clock) { sent, earlier in
      guard sent.prompt == "job-0", earlier < 2 else { return .completed(sent.prompt) }
      return .refused(429, "rate_limit_error", headers: [("retry-after", "3600")])
    }
    let events = RecordedEvents()
    let run = try await batch.run(client, events: events)
    async let report = run.execute()
    for round in 1...2 {
      await events.happened("rateLimited", times: round)
      await clock.walk(to: clock.start + .seconds(3_600 * round - 1))
      #expect(client.sent.count == round)
      clock.advance(by: .seconds(1))
    }
    await client.reached(5)
    clock.advance(by: .seconds(1))
    #expect(try await report.summary.completed == 3)
    #expect(try await report.summary.traffic.rateLimited == 2)
    let times = client.sent.map { $0.at - clock.start }
    #expect(times[1] == .seconds(3_600))
    #expect(times[2...].allSatisfy { $0 >= .seconds(7_200) })
  }

  @Test func `parks an account whose key stopped working until a new one appears`() async throws {
    var batch = try TestBatch(0..<3)
    let clock = TestClock()
    let key = TestKeySource("first-key")
    batch.clock = clock
    batch.keys = [key]
    batch.concurrency = 1
    batch.attempts = 1
    let client = ScriptedClient(clock: clock) { sent, earlier in
      sent.prompt == "job-1" && earlier == 0
        ? .refused(401, "authentication_error") : .completed(sent.prompt)
    }
    let events = RecordedEvents()
    let run = try await batch.run(client, events: events)
    async let report = run.execute()
    await events.happened("parked")
    await clock.walk(to: clock.now + .seconds(9))
    #expect(client.sent.count == 2)
    key.replace(with: "second-key")
    clock.turnByItself()
    #expect(try await report.summary.completed == 3)
    #expect(events.count("resumed") == 1)
  }

  @Test func `fails a job that is refused by a key which serves the others`() async throws {
    var batch = try TestBatch(0..<40)
    let clock = TestClock()
    batch.clock = clock
    batch.concurrency = 2
    let client = ScriptedClient(clock: clock) { sent, _ in
      sent.prompt == "job-3" ? .refused(403, "permission_error") : .completed(sent.prompt)
    }
    let run = try await batch.run(client)
    async let report = run.execute()
    clock.turnByItself()
    #expect(try await report.why == "finished")
    #expect(try await report.summary.completed == 39)
    #expect(try batch.failed == ["job-3"])
  }

  @Test func `waits no longer for a key than it is told, and tries the refused one meanwhile`()
    async throws
  {
    var batch = try TestBatch(0..<3)
    let clock = TestClock()
    batch.clock = clock
    batch.concurrency = 1
    batch.parkFor = .seconds(120)
    let client = ScriptedClient(clock: clock) { sent, _ in
      sent.prompt == "job-0" ? .completed("x") : .refused(401, "authentication_error")
    }
    let events = RecordedEvents()
    let run = try await batch.run(client, events: events)
    async let report = run.execute()
    await events.happened("parked")
    await clock.walk(to: clock.now + .seconds(11))
    await client.reached(3)
    clock.turnByItself()
    #expect(try await report.why == "parked")
    #expect(try await report.summary.pending == 2)
    // A clock that turns by itself may be ahead of the trials that it wakes.
    #expect((3...7).contains(client.sent.count))
    #expect(clock.elapsed >= .seconds(120))
  }
}

@Suite struct `A run after another` {
  @Test func `sends nothing before the time that the provider named to the one before`()
    async throws
  {
    var batch = try TestBatch(0..<3)
    let clock = TestClock()
    batch.clock = clock
    batch.concurrency = 1
    let client = ScriptedClient(clock: clock) { sent, earlier in
      earlier == 0 && sent.prompt == "job-0"
        ? .refused(429, "rate_limit_error", headers: [("retry-after", "3600")])
        : .completed(sent.prompt)
    }
    do {
      let events = RecordedEvents()
      let run = try await batch.run(client, events: events)
      async let report = run.execute()
      await events.happened("rateLimited")
      await events.happened("accounts", times: 2)
      run.drain()
      #expect(try await report.summary.pending == 3)
    }
    #expect(client.sent.count == 1)
    let run = try await batch.run(client)
    async let report = run.execute()
    await clock.walk(to: clock.start + .seconds(3_599))
    #expect(client.sent.count == 1)
    clock.turnByItself()
    #expect(try await report.summary.completed == 3)
  }
}
