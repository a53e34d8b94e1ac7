import Foundation
import Jobs
import Runner
import Testing

@Suite struct `A slow request` {
  /// A batch of two accounts in which every request is slow from its first moment.
  private func batch(_ jobs: Range<Int>, after: Duration = .nanoseconds(1)) throws -> TestBatch {
    var batch = try TestBatch(jobs)
    batch.keys = [TestKeySource("first-key"), TestKeySource("second-key")]
    batch.hedge = HedgePolicy(after: .fixed(after), budget: 1)
    return batch
  }

  /// What became of the attempts, as the audit log has it.
  private func attempts(_ batch: TestBatch) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for line in try batch.folder.read("out.jsonl.nightjar-audit").split(separator: "\n") {
      let value = try JSONValue(parsing: Array(line.utf8))
      guard value["event"]?.string == "attempts", let outcome = value["outcome"]?.string
      else { continue }
      counts[outcome, default: 0] += value["count"]?.integer ?? 0
    }
    return counts
  }

  @Test func `is sent to another account too, and the first answer wins`() async throws {
    let batch = try batch(0..<1)
    let client = ScriptedClient { sent, earlier in
      earlier == 0 ? .hang : .completed(sent.prompt)
    }
    let report = try await batch.execute(client)
    #expect(report.why == "finished")
    #expect(try batch.completed == ["job-0"])
    #expect(report.summary.traffic == Traffic(requestsSent: 2))
    #expect(try attempts(batch) == ["completed": 1, "cut_off": 1])
    let output = try batch.folder.read("out.jsonl")
    #expect(output.contains(#""attempts":1"#))
  }

  @Test func `goes to another endpoint of the same account`() async throws {
    var batch = try batch(0..<20)
    batch.keys = [TestKeySource("only-key")]
    batch.endpoints = [
      try Endpoint("https://a.example.com"), try Endpoint("https://b.example.com"),
    ]
    let client = ScriptedClient { sent, earlier in
      earlier == 0 ? .hang : .completed(sent.prompt)
    }
    #expect(try await batch.execute(client).summary.completed == 20)
    for requests in Dictionary(grouping: client.sent, by: \.prompt).values {
      #expect(Set(requests.map(\.url)).count == 2 && requests.count == 2)
    }
  }

  @Test func `has nowhere else to go with one endpoint alone`() async throws {
    var batch = try batch(0..<50)
    batch.keys = [TestKeySource("only-key")]
    let client = ScriptedClient()
    #expect(try await batch.execute(client).summary.completed == 50)
    #expect(client.sent.count == 50)
  }

  @Test func `whose first answer is no good waits for the second`() async throws {
    let batch = try batch(0..<1)
    let events = RecordedEvents()
    let client = ScriptedClient { sent, earlier in
      await events.happened(earlier == 0 ? "sent" : "returned", times: earlier == 0 ? 2 : 1)
      return earlier == 0 ? .refused(500, "api_error") : .completed(sent.prompt)
    }
    let report = try await batch.execute(client, events: events)
    #expect(try batch.completed == ["job-0"])
    #expect(report.summary.traffic.retries == 0)
    #expect(client.sent.count == 2)
  }

  @Test func `leaves one result for each job, whatever comes of its requests`() async throws {
    var batch = try batch(0..<400)
    batch.concurrency = 16
    batch.attempts = 50
    let client = ScriptedClient { sent, earlier in
      switch (sent.prompt.utf8.reduce(0) { $0 * 31 + Int($1) } + earlier) % 7 {
      case 0: .refused(500, "api_error")
      case 2 where earlier == 0: .hang
      case 3 where sent.prompt.hasSuffix("3"): .refused(400, "invalid_request_error")
      default: .completed(sent.prompt)
      }
    }
    let report = try await batch.execute(client)
    #expect(report.why == "finished")
    #expect((try batch.completed + batch.failed).sorted() == TestBatch.ids(0..<400).sorted())
    #expect(report.summary.traffic.requestsSent == client.sent.count)
    #expect(try attempts(batch).values.reduce(0, +) == client.sent.count)
  }

  @Test func `is handed back when the run is cut off`() async throws {
    let batch = try batch(0..<8)
    let client = ScriptedClient { _, _ in .hang }
    do {
      let run = try await batch.run(client)
      async let report = run.execute()
      await client.reached(8)
      run.abort()
      #expect(try await report.summary.pending == 8)
    }
    let second = try await batch.execute()
    #expect(second.summary.completed == 8)
    #expect(try batch.completed.count == 8)
  }

  @Test func `is sent once where nobody asks for more`() async throws {
    var batch = try batch(0..<50)
    batch.hedge = nil
    let client = ScriptedClient()
    try await batch.execute(client)
    #expect(client.sent.count == 50)
  }
}

@Suite struct `An endpoint in a region that is not allowed` {
  @Test func `gets nothing, even if it was planned for`() async throws {
    var batch = try TestBatch(0..<20)
    let first = try Endpoint("https://a.example.com", region: "us")
    batch.endpoints = [first, Anthropic.defaultEndpoint]
    batch.regions = AllowedRegions(["eu"])
    let client = ScriptedClient()
    let report = try await batch.execute(client)
    #expect(client.sent.isEmpty)
    #expect(report.why == "unavailable")
    #expect(report.summary.pending == 20)
  }
}
