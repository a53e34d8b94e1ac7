import Foundation
import Jobs
import Runner
import Synchronization
import Testing

@Suite struct `A run` {
  @Test func `gives every job exactly one result`() async throws {
    let batch = try TestBatch(0..<700)
    let client = ScriptedClient { sent, earlier in
      if sent.prompt.hasSuffix("7"), earlier == 0 { return .refused(500, "api_error") }
      return sent.prompt.hasSuffix("9") ? .refused(400, "invalid_request_error") : .completed("x")
    }
    let report = try await batch.execute(client)
    #expect(report.why == "finished")
    #expect(report.summary.completed == 630 && report.summary.failed == 70)
    #expect(report.summary.pending == 0 && report.summary.isInputComplete)
    let (completed, failed) = (try batch.completed, try batch.failed)
    #expect(completed.count == 630 && failed.count == 70)
    #expect(Set(completed + failed) == Set(TestBatch.ids(0..<700)))
    #expect(report.summary.traffic == Traffic(requestsSent: 770, retries: 70))
    #expect(report.summary.inputTokens == 3 * 630 && report.summary.outputTokens == 2 * 630)
  }

  @Test func `of a finished batch sends nothing and shows the same`() async throws {
    let batch = try TestBatch(0..<30)
    try await batch.execute()
    let output = try batch.folder.read("out.jsonl")
    let client = ScriptedClient()
    let report = try await batch.execute(client)
    #expect(client.sent.isEmpty)
    #expect(report.why == "finished" && report.summary.completed == 30)
    #expect(try batch.folder.read("out.jsonl") == output)
  }

  @Test func `writes its output again where it was lost`() async throws {
    let batch = try TestBatch(0..<30)
    try await batch.execute()
    let output = try batch.folder.read("out.jsonl")
    try batch.folder.remove("out.jsonl")
    try await batch.execute()
    #expect(try batch.folder.read("out.jsonl") == output)
  }

  @Test func `fails a poison job after its attempts and completes the others`() async throws {
    let batch = try TestBatch(0..<40)
    let client = ScriptedClient { sent, _ in
      sent.prompt == "job-5" ? .refused(500, "api_error") : .completed("x")
    }
    let report = try await batch.execute(client)
    #expect(report.why == "finished")
    #expect(try batch.failed == ["job-5"])
    #expect(try batch.completed.count == 39)
    #expect(client.prompts.count { $0 == "job-5" } == batch.attempts)
    #expect(try batch.folder.read("out.failed.jsonl").contains("no: api_error"))
  }

  @Test func `records what can never be sent`() async throws {
    let batch = try TestBatch()
    let lines = [
      TestBatch.line(0), "\n", "not json\n", TestBatch.line(0), TestBatch.line(1),
      #"{"id":"no-prompt"}"# + "\n",
    ]
    try batch.folder.write(lines.joined(), to: "in.jsonl")
    let client = ScriptedClient()
    let report = try await batch.execute(client)
    #expect(report.summary.total == 5 && report.summary.failed == 3)
    #expect(try batch.completed.sorted() == ["job-0", "job-1"])
    #expect(Set(try batch.failed) == ["line-3", "job-0", "no-prompt"])
    let failed = try batch.folder.read("out.failed.jsonl")
    for place in ["in:3: ", "in:4: ", "in:6: "] { #expect(failed.contains(place)) }
    #expect(client.sent.count == 2)
  }

  @Test func `takes a line that was too long once it is corrected`() async throws {
    let batch = try TestBatch()
    let filling = String(repeating: "x", count: InputSource.longestLine)
    try batch.folder.write(TestBatch.line(0) + filling + "\n" + TestBatch.line(1), to: "in.jsonl")
    #expect(try await batch.execute().summary.failed == 1)
    #expect(try batch.folder.read("out.failed.jsonl").contains("line_too_long"))
    try batch.write(0..<3)
    let report = try await batch.execute()
    #expect(report.summary.completed == 3 && report.summary.failed == 0)
  }

  @Test func `sends no job above its limit, although more were queued before`() async throws {
    var batch = try TestBatch(0..<700)
    batch.budget = USD(nanos: 1_000_000)
    #expect(try await batch.execute().summary.completed < 300)
    batch.budget = nil
    batch.limit = 300
    let client = ScriptedClient()
    let report = try await batch.execute(client)
    #expect(report.why == "finished" && report.isLimited)
    #expect(report.summary.total == 700 && report.summary.pending == 400)
    #expect(Set(try batch.completed) == Set(TestBatch.ids(0..<300)))
    batch.limit = nil
    #expect(try await batch.execute(client).summary.pending == 0)
    #expect(try batch.completed.count == 700)
  }

  @Test func `takes no more jobs than its limit and goes on without it`() async throws {
    var batch = try TestBatch(0..<20)
    batch.limit = 5
    for _ in 0..<2 {
      let report = try await batch.execute()
      #expect(report.why == "finished" && report.summary.total == 5)
    }
    #expect(try batch.completed.sorted() == TestBatch.ids(0..<5))
    batch.limit = nil
    let client = ScriptedClient()
    #expect(try await batch.execute(client).summary.completed == 20)
    #expect(client.sent.count == 15)
  }

  @Test func `goes on with lines that were added`() async throws {
    let batch = try TestBatch(0..<10)
    try await batch.execute()
    try batch.write(0..<14)
    let client = ScriptedClient()
    #expect(try await batch.execute(client).summary.completed == 14)
    #expect(Set(client.prompts) == Set(TestBatch.ids(10..<14)))
  }

  @Test func `names the line of a job that was added after a last line without a break`()
    async throws
  {
    let batch = try TestBatch()
    let first = String(TestBatch.line(0).dropLast())
    try batch.folder.write(first, to: "in.jsonl")
    try await batch.execute()
    try batch.folder.write(first + "\nbroken\n", to: "in.jsonl")
    #expect(try await batch.execute().summary.failed == 1)
    #expect(try batch.folder.read("out.failed.jsonl").contains("in:2: "))
  }

  @Test func `refuses an input in which a completed job asks for something else`() async throws {
    let batch = try TestBatch(0..<2)
    try await batch.execute()
    let output = try batch.folder.read("out.jsonl")
    let changed = #"{"id":"job-1","prompt":"something else"}"#
    try batch.folder.write(TestBatch.line(0) + changed + "\n", to: "in.jsonl")
    let client = ScriptedClient()
    let error = await #expect(throws: StoreError.self) { try await batch.execute(client) }
    #expect(error?.code == .inputChanged && error?.description.contains("job-1") == true)
    #expect(client.sent.isEmpty)
    #expect(try batch.folder.read("out.jsonl") == output)
  }

  @Test func `has a job for each document of a folder`() async throws {
    var batch = try TestBatch()
    batch.documents = "docs"
    for (name, text) in [("a.txt", "one"), ("sub/b.txt", "two"), ("sub/c.txt", " ")] {
      try batch.folder.write(text, to: "docs/" + name)
    }
    let client = ScriptedClient()
    let report = try await batch.execute(client)
    #expect(report.why == "finished")
    #expect(try batch.completed.sorted() == ["a.txt", "sub/b.txt"])
    #expect(try batch.failed == ["sub/c.txt"])
    #expect(Set(client.prompts) == ["one", "two"])
    try batch.folder.write("three", to: "docs/0.txt")
    let again = ScriptedClient()
    #expect(try await batch.execute(again).summary.completed == 3)
    #expect(again.prompts == ["three"])
  }

  @Test func `holds no more documents at a time than there is memory for`() async throws {
    var batch = try TestBatch()
    batch.documents = "docs"
    batch.concurrency = 8
    batch.memory = 10_000
    for number in 0..<24 {
      let text = String(repeating: "\(number % 10)", count: 1_500)
      try batch.folder.write(text, to: "docs/\(number)")
    }
    let inFlight = Mutex((now: 0, most: 0))
    let client = ScriptedClient { sent, _ in
      inFlight.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      for _ in 0..<20 { await Task.yield() }
      inFlight.withLock { $0.now -= 1 }
      return .completed("ok")
    }
    #expect(try await batch.execute(client).summary.completed == 24)
    // Half of the memory is for requests: three documents with the answers that they may get.
    #expect((1...3).contains(inFlight.withLock { $0.most }))
  }
}
