import Foundation
import Jobs
import Runner
import Testing
import Transport

@Suite struct `A run that stops` {
  /// What is left of a batch must be done by the next run, and nothing twice.
  private func resume(_ batch: TestBatch, jobs: Int) async throws -> ScriptedClient {
    let client = ScriptedClient()
    let report = try await batch.execute(client)
    #expect(report.why == "finished")
    #expect(try (batch.completed + batch.failed).sorted() == TestBatch.ids(0..<jobs).sorted())
    return client
  }

  @Test func `drains what is in flight and keeps the rest`() async throws {
    let batch = try TestBatch(0..<50)
    do {
      let gate = Gate()
      let client = ScriptedClient { sent, _ in
        await gate.wait()
        return .completed(sent.prompt)
      }
      let run = try await batch.run(client)
      async let report = run.execute()
      await client.reached(batch.concurrency)
      run.drain()
      gate.open()
      #expect(try await report.why == "interrupted")
      #expect(try await report.summary.completed == batch.concurrency)
      #expect(client.sent.count == batch.concurrency)
    }
    let again = try await resume(batch, jobs: 50)
    #expect(again.sent.count == 50 - batch.concurrency)
  }

  @Test func `gives up where nothing but pages ever came, and says so`() async throws {
    var batch = try TestBatch(0..<5)
    batch.giveUpAfter = .zero
    let page = HTTPResponse(status: 200, body: Array("<title>Back soon</title>".utf8))
    let report = try await batch.execute(ScriptedClient { _, _ in .reply(page) })
    guard case .unavailable(let why) = report.stop else {
      Issue.record("\(report.why)")
      return
    }
    #expect(why.contains("Back soon"))
    #expect(report.summary.pending == 5)
    #expect(try await resume(batch, jobs: 5).sent.count == 5)
  }

  @Test func `before it has begun sends nothing`() async throws {
    let batch = try TestBatch(0..<5)
    do {
      let client = ScriptedClient()
      let run = try await batch.run(client)
      run.drain()
      #expect(try await run.execute().why == "interrupted")
      #expect(client.sent.isEmpty)
    }
    #expect(try await resume(batch, jobs: 5).sent.count == 5)
  }

  @Test func `cuts off what is in flight when asked twice and charges nothing`() async throws {
    var batch = try TestBatch(0..<10)
    batch.attempts = 1
    var lost = USD.zero
    do {
      let client = ScriptedClient { _, _ in .hang }
      let run = try await batch.run(client)
      async let report = run.execute()
      await client.reached(batch.concurrency)
      run.drain()
      run.abort()
      #expect(try await report.why == "aborted")
      let (summary, cutOff) = try await (report.summary, report.cutOff)
      #expect(summary.pending == 10 && cutOff == batch.concurrency)
      #expect(summary.unknown == cutOff && summary.traffic.requestsSent == cutOff)
      #expect(summary.unanswered > .zero)
      lost = summary.unanswered
    }
    let again = try await batch.run(ScriptedClient())
    #expect(again.recovery.unknown.count == batch.concurrency)
    let end = try await again.execute().summary
    #expect(end.completed == 10 && end.unanswered == lost)
    #expect(try batch.failed.isEmpty)
  }

  @Test func `hands back jobs without charging an attempt`() async throws {
    var batch = try TestBatch(0..<1)
    batch.attempts = 2
    for _ in 0..<3 {
      let client = ScriptedClient { _, _ in .hang }
      let run = try await batch.run(client)
      async let report = run.execute()
      await client.reached(1)
      run.abort()
      #expect(try await report.summary.pending == 1)
    }
    let client = ScriptedClient { sent, earlier in
      earlier == 0 ? .refused(500, "api_error") : .completed(sent.prompt)
    }
    #expect(try await batch.execute(client).summary.completed == 1)
    #expect(try batch.folder.read("out.jsonl").contains(#""attempts":2"#))
  }

  @Test func `remembers the attempts of jobs that wait for another`() async throws {
    var batch = try TestBatch(0..<2)
    batch.attempts = 3
    do {
      let client = ScriptedClient { sent, _ in
        sent.prompt == "job-0" ? .refused(500, "api_error") : .hang
      }
      let events = RecordedEvents()
      let run = try await batch.run(client, events: events)
      async let report = run.execute()
      await events.happened("retry")
      run.abort()
      #expect(try await report.summary.pending == 2)
    }
    let client = ScriptedClient { sent, _ in
      sent.prompt == "job-0" ? .refused(500, "api_error") : .completed("x")
    }
    try await batch.execute(client)
    #expect(try batch.failed == ["job-0"])
    #expect((1...2).contains(client.prompts.count { $0 == "job-0" }))
  }

  @Test func `because its keys are refused keeps every job`() async throws {
    var batch = try TestBatch(0..<20)
    batch.keys = [TestKeySource("bad-1"), TestKeySource("bad-2")]
    do {
      let client = ScriptedClient { _, _ in .refused(401, "authentication_error") }
      let report = try await batch.execute(client)
      #expect(report.why == "keyRefused")
      #expect(report.summary.pending == 20)
      #expect(client.sent.count <= 2 * batch.concurrency)
    }
    #expect(try await resume(batch, jobs: 20).sent.count == 20)
  }

  @Test func `because the credit is used up keeps every job`() async throws {
    let batch = try TestBatch(0..<20)
    let client = ScriptedClient { _, _ in .refused(402, "billing_error") }
    let report = try await batch.execute(client)
    #expect(report.why == "parked" && report.summary.pending == 20)
    #expect(client.sent.count <= batch.concurrency)
    _ = try await resume(batch, jobs: 20)
  }
}

/// Holds everyone back until it is opened.
final class Gate: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream()
  }

  func open() { continuation.finish() }

  func wait() async {
    for await _ in stream {}
  }
}
