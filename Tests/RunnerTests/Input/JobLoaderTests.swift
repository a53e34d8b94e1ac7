import JSON
import Jobs
import Runner
import Testing

@Suite struct `The jobs of a segment` {
  private func load(
    _ text: String,
    firstJob: Int = 0,
    firstLine: Int = 1,
    finished: Set<Int> = [],
    retryable: [Int: RetryableJob] = [:],
    documents: DocumentFolder? = nil,
    settings: PromptSettings = PromptSettings(model: "m", maxTokens: 9)
  ) async throws -> [(job: Job, retry: RetryableJob?)] {
    let preparer = JobPreparer(
      provider: Anthropic(),
      settings: settings,
      documents: documents,
      inputName: "in.jsonl"
    )
    let segment = ClaimedSegment(
      lease: SegmentLease(segment: 3, epoch: 2),
      segment: Segment(
        firstJob: firstJob,
        jobCount: 5,
        firstLine: firstLine,
        source: .inline(Array(text.utf8)),
        priority: 7
      ),
      finished: finished,
      retryable: retryable
    )
    return try await JobLoader(file: nil, preparer: preparer).jobs(of: segment)
  }

  @Test func `are those without a result with the attempts they had`() async throws {
    let waiting = RetryableJob(job: 13, attempts: 4, notBefore: 99, reason: "overloaded")
    let line = { (id: String) in #"{"id":"\#(id)","prompt":"p"}"# }
    let found = try await load(
      line("a") + "\n\n" + line("b") + "\r\n" + line("c") + "\n \n" + line("d") + "\r\n"
        + line("e"),
      firstJob: 10,
      firstLine: 21,
      finished: [11],
      retryable: [13: waiting]
    )
    #expect(found.map(\.job.id) == ["a", "c", "d", "e"])
    #expect(found.map(\.job.number) == [10, 12, 13, 14])
    #expect(found.map(\.job.lineNumber) == [21, 24, 26, 27])
    #expect(found.map(\.job.attempts) == [0, 0, 4, 0])
    #expect(found.map(\.retry) == [nil, nil, waiting, nil])
    #expect(found.allSatisfy { $0.job.segment.lease == SegmentLease(segment: 3, epoch: 2) })
    #expect(found.allSatisfy { $0.job.segment.priority == 7 })
    let texts = found.map {
      String(decoding: $0.job.segment.bytes[$0.job.line.range], as: UTF8.self)
    }
    #expect(texts == ["a", "c", "d", "e"].map(line))
  }

  @Test func `tell what their requests will say before one of them is built`() async throws {
    let body = #"{"max_tokens": 5, "model" : "n","messages":[{"model":"inner"}]}"#
    let found = try await load(
      #"{"custom_id":"a","params":\#(body)}"# + "\n"
        + #"{"url":"/v1/messages","body":\#(body),"method":"POST","custom_id":"b"}"# + "\n"
        + #"{"id":"c","prompt":"p"}"# + "\n"
        + #"{"id":"d","prompt":"p","model":"o","max_tokens":3}"#
    )
    let shapes = found.map(\.job.shape)
    #expect(shapes.map(\.model) == ["n", "n", "m", "o"])
    #expect(shapes.map(\.maxTokens) == [5, 5, 9, 3])
    #expect(shapes[0] == RequestShape(reading: Array(body.utf8)[...]))
    #expect(shapes[1] == shapes[0])
    #expect(shapes[2].modelRange == nil && shapes[2].bytes >= 20)
    #expect(found.allSatisfy { $0.job.line.fault == nil })
  }

  @Test(arguments: [
    ("{", "line-4", "in.jsonl:4: not JSON: a string is due at column 2"),
    (#"{"id":"a"}"#, "a", "in.jsonl:4: has no prompt"),
    (#"{"id":"a","prompt":"p","max_tokens":0}"#, "a", "in.jsonl:4: max_tokens is less than 1"),
  ])
  func `tell why they can never be sent`(_ line: String, _ id: String, _ why: String) async throws {
    let job = try #require(try await load(line, firstLine: 4).first?.job)
    #expect(job.id == id)
    #expect(job.line.fault?.message == why)
    #expect(job.line.fault?.code == "malformed_line")
  }

  @Test func `have the size of their documents before those are read`() async throws {
    let folder = try TestFolder()
    try folder.write(String(repeating: "x", count: 5_000), to: "long.txt")
    let settings = PromptSettings(
      model: "m",
      maxTokens: 9,
      system: String(repeating: "s", count: 70)
    )
    let found = try await load(
      "\"long.txt\"\n\"gone.txt\"\n",
      documents: DocumentFolder(folder.path),
      settings: settings
    )
    #expect(found.map(\.job.id) == ["long.txt", "gone.txt"])
    #expect(found.map(\.job.shape.bytes) == [5_070, 70])
    #expect(found.map(\.job.shape.model) == ["m", "m"])
  }
}
