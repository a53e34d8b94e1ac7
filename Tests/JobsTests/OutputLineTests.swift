import JSON
import Jobs
import TestSupport
import Testing

@Suite struct `A line of an output file` {
  private static let sizes = [0, 1, 64 << 10, (64 << 10) + 1, 256 << 10, 300_001]

  /// JSON with line breaks, quotes and characters of several bytes at every place of a block.
  private func json(_ size: Int) -> [UInt8] {
    let text = Array("{\n\"a\":\t\"ü\\\"\u{1F600}\",\r\n\"b\": 1.5}\u{1}".utf8)
    return (0..<size).map { text[$0 % text.count] }
  }

  private func line(
    _ answer: [UInt8],
    as place: OutputLine.Place,
    owner: (any Sendable)? = nil
  ) -> OutputLine {
    OutputLine(Array("head:".utf8), answer: answer, as: place, owner: owner) { line in
      line += ":tail".utf8
    }
  }

  @Test(arguments: sizes)
  func `has an answer as JSON without its line breaks`(_ size: Int) {
    let answer = json(size)
    let expected = answer.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    let line = line(answer, as: .json)
    #expect(line.bytes == Array("head:".utf8) + expected + Array(":tail".utf8))
    #expect(line.count == line.bytes.count)
  }

  @Test(arguments: sizes)
  func `has an answer within a string as JSON escapes it`(_ size: Int) {
    let answer = json(size)
    var expected: [UInt8] = []
    expected.appendJSON(utf8: answer.span)
    let line = line(answer, as: .string)
    #expect(line.bytes == Array("head:".utf8) + expected[1..<expected.count - 1] + ":tail".utf8)
    #expect(line.count == line.bytes.count)
  }

  @Test func `lets go of what it owns with the answer`() {
    final class Owner: Sendable {}
    weak var owner: Owner?
    var large: OutputLine?
    do {
      let strong = Owner()
      owner = strong
      large = line(json(100_000), as: .json, owner: strong)
    }
    #expect(owner != nil && large != nil)
    large = nil
    #expect(owner == nil)
    var small: OutputLine?
    do {
      let strong = Owner()
      owner = strong
      small = line(json(100), as: .json, owner: strong)
    }
    #expect(owner == nil && small != nil, "what is copied needs nobody")
  }

  @Test func `is kept in the journal, in the store and in the file as it is`() async throws {
    let batch = try await TemporaryBatch(.run, segments: [9])
    let lease = try #require(try await batch.store.claimOne()).lease
    let folder = try TemporaryFolder()
    let files = WorkerFiles(batch: folder.file("batch"), tag: "w7")
    var journal = try AnswerJournal(in: files)
    let file = try OutputFile(path: folder.file("out.jsonl"))
    for (job, size) in [3, 100_003, 1_000_001, 3_000_007].enumerated() {
      let line = line(json(size), as: job == 1 ? .string : .json)
      let cause = job == 2 ? "length" : nil
      let result = JobResult(job: job, state: .completed, line: line, cause: cause)
      try journal.append(result, under: lease)
      try await batch.store.commit([result], under: lease)
      try await file.append([line])
      let offset = try file.size() - line.count - 1
      #expect(try await file.holds(line, at: offset))
      #expect(try await !file.holds(line, at: offset - 1))
      let last = try #require(Array(AnswerJournal.answers(in: files)).last)
      #expect(last.result.line == line && last.result.cause == cause)
      let stored = try #require(try await batch.store.allResults.last)
      #expect(stored.line == line && stored.isAsStored)
    }
  }

  @Test func `that is large goes with its result`() async throws {
    let batch = try await TemporaryBatch(.run, segments: [9])
    let lease = try #require(try await batch.store.claimOne()).lease
    func result(_ job: Int, _ size: Int) -> JobResult {
      JobResult(job: job, state: .failed, line: line(json(size), as: .json))
    }
    try await batch.store.commit([result(0, 2_000_000), result(1, 3_000_000)], under: lease)
    try await batch.store.release([lease])
    _ = try await batch.store.retry(.failed)
    let again = try #require(try await batch.store.claimOne()).lease
    try await batch.store.commit([result(1, 1_500_000)], under: again)
    #expect(try await batch.store.allResults.map(\.line) == [result(1, 1_500_000).line])
  }
}
