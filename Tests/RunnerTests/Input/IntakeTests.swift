import JSON
import Jobs
import Runner
import Testing

@Suite struct `An intake of lines` {
  /// Takes all lines of a text, as a reader of a file or of a pipe does.
  private func take(
    _ text: String,
    into intake: inout Intake,
    from offset: Int = 0,
    line: Int = 1,
    longest: Int = .max
  ) {
    var splitter = LineSplitter(longest: longest, offset: offset, number: line)
    splitter.take(Array(text.utf8)) { intake.take($0) }
    if let last = splitter.finish() { intake.take(last) }
    intake.finishSegment()
  }

  private func drafts(_ text: String, keepsLines: Bool = false, longest: Int = .max)
    -> [Segment]
  {
    var intake = Intake(keepsLines: keepsLines, name: "in.jsonl", limit: .max)
    take(text, into: &intake, longest: longest)
    return intake.drafts
  }

  private func line(_ id: String) -> String { #"{"id":"\#(id)","prompt":"p"}"# + "\n" }

  private func messages(_ drafts: [Segment]) throws -> [String] {
    try drafts.flatMap(\.failures).map { failure in
      try JSONValue(parsing: failure.line.bytes)["error"]?["message"]?.string ?? ""
    }
  }

  /// The jobs that a worker finds in a segment, by number and line.
  private func jobs(of draft: Segment, in text: String) -> [String] {
    let bytes: [UInt8] =
      switch draft.source {
      case .inline(let lines): lines
      case .file(let offset, let length, _): Array(Array(text.utf8)[offset..<offset + length])
      }
    return zip(draft.firstJob..., LineSplitter.lines(of: bytes, firstLine: draft.firstLine))
      .filter { job, _ in !draft.failures.contains { $0.job == job } }
      .map { "\($0)@\($1.number)" }
  }

  @Test(arguments: [true, false])
  func `passes blank lines over and keeps count of them`(_ keepsLines: Bool) throws {
    let text = "\n  \n" + line("a") + "\t\r\n\n" + line("b") + "\n" + line("c").dropLast()
    let drafts = drafts(text, keepsLines: keepsLines)
    #expect(drafts.count == 1)
    let draft = try #require(drafts.first)
    #expect(draft.jobCount == 3 && draft.firstLine == 3 && draft.failures.isEmpty)
    #expect(jobs(of: draft, in: text) == ["0@3", "1@6", "2@8"])
  }

  @Test func `fails what is no job and what is there twice`() throws {
    let text = line("a") + "{\"id\":\n" + line("b") + line("a") + "[1]\n"
    let drafts = drafts(text)
    #expect(drafts.map(\.jobCount) == [5])
    #expect(drafts.flatMap(\.failures).map(\.job) == [1, 3, 4])
    let messages = try messages(drafts)
    #expect(messages[0].hasPrefix("in.jsonl:2: "))
    #expect(
      messages[1]
        == "in.jsonl:4: the id \"a\" is that of line 1 too; give each job its own"
    )
    #expect(messages[2] == "in.jsonl:5: is JSON, but not an object")
    #expect(jobs(of: drafts[0], in: text) == ["0@1", "2@3"])
  }

  @Test func `gives an oversized line a segment of its own`() throws {
    let text = line("a") + String(repeating: "x", count: 100) + "\n" + line("b")
    let drafts = drafts(text, longest: 60)
    #expect(drafts.map(\.jobCount) == [1, 1, 1])
    #expect(drafts.map(\.firstJob) == [0, 1, 2])
    #expect(drafts.map(\.firstLine) == [1, 2, 3])
    #expect(drafts.map(\.failures.count) == [0, 1, 0])
    #expect(drafts[1].source == .file(offset: line("a").utf8.count, length: 101, digest: []))
    #expect(try messages(drafts)[0].hasPrefix("in.jsonl:2: the line has "))
  }

  @Test func `closes segments that are full`() {
    let text = (0..<600).map { line("\($0)") }.joined()
    let drafts = drafts(text)
    #expect(drafts.map(\.jobCount) == [256, 256, 88])
    #expect(drafts.flatMap { jobs(of: $0, in: text) } == (0..<600).map { "\($0)@\($0 + 1)" })
  }

  @Test func `closes a segment before it grows too long`() {
    let prompt = String(repeating: "p", count: SegmentAssembler.bytes / 3)
    let text = (0..<6).map { #"{"id":"\#($0)","prompt":"\#(prompt)"}"# + "\n" }.joined()
    #expect(drafts(text).map(\.jobCount) == [2, 2, 2])
  }

  @Test func `takes no more jobs than its limit`() {
    var intake = Intake(keepsLines: false, name: "in", limit: 3)
    take((0..<9).map { line("\($0)") }.joined(), into: &intake)
    #expect(intake.isFull)
    #expect(intake.drafts.map(\.jobCount) == [3])
  }

  @Test func `numbers jobs the same when it goes on from any segment`() throws {
    let lines = (0..<700).map {
      $0 % 50 == 7 ? "bad\n" : $0 % 50 == 9 ? "\n" : line("\($0 / 2 * 2)")
    }
    let text = lines.joined()
    let whole = drafts(text)
    for stored in 1..<whole.count {
      var intake = Intake(keepsLines: false, name: "in.jsonl", limit: .max)
      var (end, next) = (0, 1)
      for draft in whole[..<stored] {
        guard case .file(let offset, let length, _) = draft.source else { continue }
        end = offset + length
        let bytes = Array(Array(text.utf8)[offset..<end])
        next = intake.restore(draft, LoadedLines(of: bytes, firstLine: draft.firstLine))
      }
      take(
        String(decoding: Array(text.utf8)[end...], as: UTF8.self),
        into: &intake,
        from: end,
        line: next
      )
      #expect(intake.drafts.map(\.firstJob) == whole[stored...].map(\.firstJob))
      #expect(intake.drafts.map(\.source) == whole[stored...].map(\.source))
      #expect(try messages(intake.drafts) == messages(Array(whole[stored...])))
    }
  }

  @Test func `queues nothing twice when a pipe is given again`() throws {
    let long = String(repeating: "x", count: 100) + "\n"
    let text = line("a") + "bad\n" + line("a") + "\n" + line("b") + long
    let first = drafts(text, keepsLines: true, longest: 60)
    var intake = Intake(keepsLines: true, name: "in.jsonl", limit: .max)
    intake.skipsKnown = true
    for draft in first {
      intake.restore(draft)
    }
    take(text + line("c") + "worse\n", into: &intake, longest: 60)
    #expect(intake.drafts.map(\.firstJob) == [5])
    #expect(intake.drafts.map(\.jobCount) == [2])
    #expect(try messages(intake.drafts).count == 1)
  }

  @Test func `tells of a pipe that comes again which jobs have another line now`() throws {
    let first = try #require(drafts(line("a") + line("b"), keepsLines: true).first)
    var intake = Intake(keepsLines: true, name: "in.jsonl", limit: .max)
    intake.skipsKnown = true
    intake.restore(first)
    take(line("a") + #"{"id":"b","prompt":"another"}"# + "\n" + line("c"), into: &intake)
    #expect(intake.changed.map(\.id) == ["b"] && intake.changed.map(\.number) == [2])
    take(line("c"), into: &intake)
    #expect(intake.drafts.map(\.jobCount) == [1, 1] && intake.changed.count == 1)
    #expect(try messages(intake.drafts).count == 1)
  }

  @Test(arguments: [("\"a\"\n", "a"), ("bad\n", "\\u0000bad")])
  func `loses no job for a bad line that was queued before and reads like its id`(
    _ bad: String,
    _ id: String
  ) throws {
    let first = try #require(drafts(bad, keepsLines: true).first)
    for skipsKnown in [false, true] {
      var intake = Intake(keepsLines: true, name: "in.jsonl", limit: .max)
      intake.skipsKnown = skipsKnown
      intake.restore(first)
      take((skipsKnown ? bad : "") + line(id), into: &intake)
      #expect(intake.drafts.map(\.jobCount) == [1])
      #expect(intake.drafts.flatMap(\.failures).isEmpty)
    }
  }
}
