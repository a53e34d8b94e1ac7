import Foundation
import Glibc
import Jobs
import Testing

struct AnswerJournalTests {
  private let folder = try? TemporaryFolder()
  private let lease = SegmentLease(segment: 7, epoch: 3)

  private func files() throws -> WorkerFiles {
    WorkerFiles(batch: try #require(folder).file("batch.nightjar"), tag: "w1")
  }

  private func answer(_ job: Int, _ line: String) -> JobResult {
    JobResult(
      job: job,
      state: job % 2 == 0 ? .completed : .failed,
      line: OutputLine(Array(line.utf8)),
      inputTokens: 11,
      outputTokens: 13,
      cost: job == 2 ? USD(nanos: 17) : nil,
      hasRetried: job == 2,
      cause: job == 2 ? "length" : nil,
      document: job == 2 ? 0x8123_4567_89ab_cdef : job == 3 ? 1 : nil
    )
  }

  @Test func `gives back every answer that was not forgotten, with all it said`() throws {
    let files = try files()
    var journal = try AnswerJournal(in: files)
    try journal.append(answer(1, "first"), under: lease)
    let turn = journal.takeTurns()
    try journal.append(answer(2, "{\"a\":\"ü\"}"), under: lease)
    let both = answers(in: files).sorted { $0.result.job < $1.result.job }
    #expect(both.map(\.result.job) == [1, 2])
    #expect(both.map(\.lease) == [lease, lease])
    journal.forget(turn)
    let left = answers(in: files)
    #expect(left.count == 1)
    let result = try #require(left.first).result
    #expect(String(decoding: result.line.bytes, as: UTF8.self) == "{\"a\":\"ü\"}")
    #expect(result.state == .completed && result.hasRetried)
    #expect(both.map(\.result.cause) == [nil, "length"])
    #expect(both.map(\.result.document) == [nil, 0x8123_4567_89ab_cdef])
    #expect(result.inputTokens == 11 && result.outputTokens == 13)
    #expect(result.cost == USD(nanos: 17))
    #expect(both.map(\.result.cost) == [nil, USD(nanos: 17)])
  }

  @Test func `keeps whole answers and drops a torn one, wherever its writer died`() throws {
    let files = try files()
    var journal = try AnswerJournal(in: files)
    var ends = [0]
    for job in 0..<3 {
      try journal.append(answer(job, "line \(job)"), under: lease)
      ends.append(try end(of: files.answers[0]))
    }
    for cut in stride(from: ends[3], through: 0, by: -1) {
      #expect(unsafe truncate(files.answers[0], cut) == 0)
      let whole = ends.dropFirst().count { $0 <= cut }
      #expect(AnswerJournal.answers(in: files).map(\.result.job) == Array(0..<whole))
    }
  }

  @Test func `does not take an answer of which a power cut lost any part`() throws {
    let files = try files()
    var journal = try AnswerJournal(in: files)
    try journal.append(answer(0, String(repeating: "long ", count: 200)), under: lease)
    let size = try end(of: files.answers[0])
    let file = unsafe open(files.answers[0], O_RDWR)
    defer { close(file) }
    for place in 0..<size {
      var byte: UInt8 = 0
      try #require(unsafe pread(file, &byte, 1, place) == 1)
      var other = byte ^ 0x80
      unsafe pwrite(file, &other, 1, place)
      #expect(answers(in: files).isEmpty, "byte \(place)")
      unsafe pwrite(file, &byte, 1, place)
    }
    #expect(answers(in: files).count == 1)
  }

  @Test func `finds nothing where there is no journal, and nothing after it was removed`() throws {
    let files = try files()
    #expect(answers(in: files).isEmpty)
    var journal = try AnswerJournal(in: files)
    try journal.append(answer(1, "x"), under: lease)
    files.remove()
    #expect(answers(in: files).isEmpty)
  }

  @Test func `forgets answers although newer ones have not yet taken their place`() throws {
    let files = try files()
    var journal = try AnswerJournal(in: files)
    for job in 0..<3 { try journal.append(answer(job, "line \(job)"), under: lease) }
    journal.forget(journal.takeTurns())
    #expect(answers(in: files).isEmpty)
    _ = journal.takeTurns()
    try journal.append(answer(9, "line 9"), under: lease)
    #expect(answers(in: files).map(\.result.job) == [9])
  }

  @Test func `keeps answers that are larger than what it has in memory, and gives their room back`()
    throws
  {
    let files = try files()
    var journal = try AnswerJournal(in: files)
    let large = String(repeating: "large ", count: 200_000)
    for job in 0..<3 { try journal.append(answer(job, job == 1 ? large : "small"), under: lease) }
    #expect(answers(in: files).map(\.result.line.count) == [5, large.utf8.count, 5])
    journal.forget(journal.takeTurns())
    #expect(answers(in: files).isEmpty)
    #expect(try Data(contentsOf: URL(filePath: files.answers[0])).count < large.utf8.count)
  }

  private func answers(in files: WorkerFiles) -> [(lease: SegmentLease, result: JobResult)] {
    Array(AnswerJournal.answers(in: files))
  }

  /// Where the last record ends, whose line ends with a byte that is not zero.
  private func end(of path: String) throws -> Int {
    let bytes = try Data(contentsOf: URL(filePath: path))
    return (bytes.lastIndex { $0 != 0 } ?? -1) + 1
  }
}
