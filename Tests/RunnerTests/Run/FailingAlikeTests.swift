import Jobs
import Runner
import Testing
import Transport

@Suite struct `A run all of whose jobs fail alike` {
  private static let refused = ScriptedClient.Answer.refused(404, "not_found_error")

  @Test func `stops, keeps the jobs and does them when what was wrong is mended`() async throws {
    let batch = try TestBatch(0..<60)
    let client = ScriptedClient { _, _ in Self.refused }
    let report = try await batch.execute(client)
    guard case .failingAlike(let cause) = report.stop else {
      Issue.record("\(report.why)")
      return
    }
    #expect(cause.url == "https://api.anthropic.com/v1/messages")
    #expect(cause.refusal.words == "HTTP 404 not_found_error: no: not_found_error")
    #expect(report.summary.pending == 60 && report.summary.failed == 0)
    #expect(report.results.failures.isEmpty)
    #expect(try batch.failed.isEmpty)
    #expect(client.sent.count < 20 + batch.concurrency)
    let again = try await batch.execute()
    #expect(again.summary.completed == 60)
    #expect(try batch.completed.count == 60)
  }

  @Test func `goes on where that is wanted, and counts them by their cause`() async throws {
    var batch = try TestBatch(0..<30)
    batch.keepsGoing = true
    let report = try await batch.execute(ScriptedClient { _, _ in Self.refused })
    #expect(report.why == "finished" && report.summary.failed == 30)
    let failure = try #require(report.results.failures.first)
    #expect(failure.jobs == 30)
    #expect(failure.example.id.hasPrefix("job-"))
    #expect(failure.example.refusal.status == 404)
    #expect(report.json.contains(#""failures":[{"code":"not_found_error","status":404,"jobs":30"#))
  }

  @Test func `keeps answers that may have been paid for, and asks only for the others`()
    async throws
  {
    let batch = try TestBatch(0..<60)
    let list = HTTPResponse(status: 200, body: Array(#"{"object":"list","data":[]}"#.utf8))
    let client = ScriptedClient { _, _ in .reply(list) }
    let report = try await batch.execute(client)
    #expect(report.why.hasPrefix("failing alike: HTTP 200 unexpected_body"))
    let asked = client.sent.count
    #expect((20..<20 + batch.concurrency).contains(asked))
    #expect(report.summary.failed == asked && report.summary.pending == 60 - asked)
    #expect(report.results.failures.map(\.jobs) == [asked])
    #expect(try Set(batch.failed) == Set(client.prompts))
    let answer = #""answer":"{\"object\":\"list\",\"data\":[]}""#
    let lines = try batch.folder.read("out.failed.jsonl").split(separator: "\n")
    #expect(lines.allSatisfy { $0.contains(answer) })
    let mended = ScriptedClient()
    try await batch.execute(mended)
    #expect(Set(mended.prompts).isDisjoint(with: client.prompts))
    #expect(mended.sent.count == 60 - asked)
  }

  @Test(arguments: [
    (#"{"id":"ID","prompt":"p"},"#, "malformed_line"),
    (#"{"id":"ID","question":"p"}"#, "unknown_field"),
    (#"{"id":"ID","prompt":7}"#, "malformed_line"),
  ])
  func `stops before anything is sent where no line can be`(
    _ line: String,
    _ code: String
  ) async throws {
    let batch = try TestBatch()
    let lines = (0..<60).map { line.replacing("ID", with: "\($0)") + "\n" }
    try batch.folder.write(lines.joined(), to: "in.jsonl")
    let client = ScriptedClient()
    let report = try await batch.execute(client)
    guard case .failingAlike(let cause) = report.stop else {
      Issue.record("\(report.why)")
      return
    }
    #expect(cause.isInput && cause.refusal.code == code && client.sent.isEmpty)
    #expect(report.summary.failed == 0 && report.summary.pending > 0)
    #expect(try batch.failed.isEmpty)
    try batch.write(0..<60)
    try await batch.execute()
    #expect(try batch.completed.count == 60)
  }

  @Test func `stops before anything is sent where no job has what the template names`()
    async throws
  {
    var batch = try TestBatch(0..<60)
    batch.template = try PromptTemplate("{{txt}}")
    let report = try await batch.execute()
    #expect(report.why.hasPrefix("failing alike: missing_field"))
    #expect(report.summary.failed == 0 && report.summary.pending == 60)
    batch.keepsGoing = true
    #expect(try await batch.execute().summary.failed == 60)
  }

  @Test func `goes on where bad lines stand beside a good one`() async throws {
    let batch = try TestBatch()
    let bad = String(repeating: "no JSON\n", count: 40)
    try batch.folder.write(TestBatch.line(0) + bad, to: "in.jsonl")
    let report = try await batch.execute()
    #expect(report.why == "finished")
    #expect(report.summary.failed == 40 && report.summary.completed == 1)
  }

  @Test func `names the job of an example as its line has it`() async throws {
    let batch = try TestBatch()
    try batch.folder.write(
      #"{"id":7,"prompt":"a"}"# + "\n\n" + #"{"id":null,"prompt":"b"}"# + "\n",
      to: "in.jsonl"
    )
    let report = try await batch.execute(ScriptedClient { _, _ in Self.refused })
    #expect(Set(report.results.failures.map(\.example.id)) == ["7", "line-3"])
    #expect(report.json.contains(#""example":{"id":"7""#))
  }

  @Test func `goes on where one has succeeded`() async throws {
    let batch = try TestBatch(0..<60)
    let report = try await batch.execute(
      ScriptedClient { sent, _ in sent.prompt == "job-0" ? .completed("x") : Self.refused }
    )
    #expect(report.summary.failed == 59 && report.summary.completed == 1)
  }
}

@Suite struct `An answer that ended early` {
  @Test func `and lacks its end is paid for three times at most, and kept`() async throws {
    let batch = try TestBatch(0..<2)
    let cut = HTTPResponse(status: 200, body: Array(#"{"content":[{"type":"te"#.utf8))
    let client = ScriptedClient { _, _ in .reply(cut) }
    let report = try await batch.execute(client)
    #expect(report.summary.failed == 2)
    #expect(client.sent.count == 6)
    let line = try batch.folder.read("out.failed.jsonl")
    #expect(line.contains(#""code":"truncated""#))
    #expect(line.contains(#""answer":"{\"content\":[{\"type\":\"te""#))
  }

  @Test func `and was broken off is paid for three times at most, counted and kept`() async throws {
    var batch = try TestBatch(0..<3)
    batch.provider = OpenAI()
    batch.giveUpAfter = .seconds(5)
    let body = """
      {"choices":[{"finish_reason":"error","message":{"content":"par"}}],\
      "usage":{"prompt_tokens":4,"completion_tokens":6}}
      """
    let broken = HTTPResponse(status: 200, body: Array(body.utf8))
    let client = ScriptedClient { _, _ in .reply(broken) }
    let report = try await batch.execute(client)
    #expect(report.why == "finished" && report.summary.failed == 3)
    #expect(client.sent.count == 9)
    // Ten tokens for each, at a dollar for a million.
    #expect(report.summary.unanswered == USD(nanos: 90_000))
    let line = try batch.folder.read("out.failed.jsonl")
    #expect(line.contains(#""code":"finish_error""#))
    #expect(line.contains(#""answer":"{\"choices\""#))
  }

  @Test func `is a result that says so, counted and found again`() async throws {
    let batch = try TestBatch(0..<4)
    let body = #"{"content":[],"stop_reason":"max_tokens","usage":{"output_tokens":1}}"#
    let report = try await batch.execute(
      ScriptedClient { sent, _ in
        sent.prompt == "job-1"
          ? .reply(HTTPResponse(status: 200, body: Array(body.utf8))) : .completed("x")
      }
    )
    #expect(report.summary.completed == 4)
    #expect(report.results.finishes.map(\.reason) == ["length"])
    #expect(report.results.finishes.map(\.jobs) == [1])
    #expect(report.json.contains(#""finish":{"length":1}"#))
    #expect(try batch.folder.read("out.jsonl").contains(#""finish":"length""#))
  }
}
