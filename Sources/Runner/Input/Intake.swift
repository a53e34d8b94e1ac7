package import Jobs

/// Turns lines into segments and finds the lines that can never be jobs; a pure value.
package struct Intake: Sendable {
  /// Segments that are ready to be stored.
  package var drafts: [Segment] = []
  /// True where lines that are known already are the same input given again, not duplicates.
  package var skipsKnown = false
  /// True when lines are a folder's listing: paths as JSON strings.
  ///
  /// Set before anything is learnt.
  package var isListing = false

  /// The member of plain lines that is the id, where it is not `id`.
  package var idField: String?
  /// Lines so far that have no id.
  package private(set) var unnamedLines = 0

  private var assembler: SegmentAssembler
  private var seen = SeenIDs()
  /// Lines without an id, so that a pipe that comes again fails each of them once; apart from the
  /// ids, which may be any text.
  private var unnamed = SeenIDs()
  private var restored: Int
  /// Of what a pipe said before, the hashes of the lines and of their ids.
  private var (earlierLines, earlierIDs): (Set<UInt64>, Set<UInt64>) = ([], [])
  /// Lines whose job was queued before, by the same id, with another line.
  package private(set) var changed: [(number: Int, id: String)] = []
  private let keepsLines: Bool
  private let name: String
  private let limit: Int

  /// - Parameters:
  ///   - keepsLines: true where the input cannot be read again.
  ///   - name: the input as messages name it.
  ///   - limit: jobs to take at most.
  package init(keepsLines: Bool, name: String, limit: Int) {
    self.keepsLines = keepsLines
    self.name = name
    self.limit = limit
    restored = 0
    assembler = SegmentAssembler(firstJob: 0, keepsLines: keepsLines)
  }

  /// True when no more jobs are wanted.
  package var isFull: Bool { assembler.nextJob >= limit }

  /// Learns a segment that was stored before; the lines of one that is gone are no longer there.
  ///
  /// - Parameter loaded: its lines; nil where it carries them itself.
  /// - Returns: the number of the line after the segment.
  @discardableResult
  package mutating func restore(_ segment: Segment, _ loaded: LoadedLines? = nil) -> Int {
    restored = segment.firstJob + segment.jobCount
    assembler = SegmentAssembler(firstJob: restored, keepsLines: keepsLines)
    if case .file(_, let length, _) = segment.source, !segment.isReadable {
      if !segment.source.isGone {
        _ = unnamed.insert(Self.mark(ofLength: length), line: segment.firstLine)
      }
      return segment.firstLine + 1
    }
    var lines = loaded ?? LoadedLines(of: [], firstLine: segment.firstLine)
    if case .inline(let kept) = segment.source {
      lines = LoadedLines(of: kept, firstLine: segment.firstLine)
    }
    for line in lines.lines { learn(line) }
    return lines.nextLine
  }

  private mutating func learn(_ line: LineSplitter.Line) {
    let text = line.bytes.content
    if skipsKnown, !isListing { earlierLines.insert(JobMark.hash(text)) }
    if let id = id(of: text) {
      if skipsKnown, !isListing { earlierIDs.insert(JobMark.hash(id: id)) }
      _ = seen.insert(id, line: line.number)
    } else {
      _ = unnamed.insert(Self.mark(of: text), line: line.number)
    }
  }

  private static func mark(of line: ArraySlice<UInt8>) -> String {
    String(decoding: line, as: UTF8.self)
  }

  private static func mark(ofLength length: Int) -> String { "\0\(length)" }

  /// The mark of a line that is no job; the hash of an id is another one.
  private static func mark(ofBad line: LineSplitter.Line) -> JobMark {
    if line.isOversized { return JobMark(ofLength: line.length) }
    let text = line.bytes.content
    return JobMark(ofBad: text)
  }

  /// True for a line that was queued before the input was given again.
  private mutating func isKnown(_ mark: String, _ line: LineSplitter.Line) -> Bool {
    guard skipsKnown, restored > 0 else { return false }
    return unnamed.insert(mark, line: line.number) != nil
  }

  /// True for a line whose id was queued before; takes note where it is another line now.
  private mutating func isKnown(_ line: LineSplitter.Line, _ id: String) -> Bool {
    if isListing || earlierLines.contains(JobMark.hash(line.bytes.content)) { return true }
    guard earlierIDs.contains(JobMark.hash(id: id)) else { return false }
    changed.append((line.number, id))
    return true
  }

  private func id(of line: ArraySlice<UInt8>) -> String? {
    if isListing { return JobPreparer.documentPath(line) }
    return try? InputLine.parse(line.span, idField: idField).id
  }

  /// Takes the next line of the input.
  package mutating func take(_ line: LineSplitter.Line) {
    guard !isFull else { return }
    if !line.isOversized, line.bytes.isBlankLine {
      drafts += assembler.addBlank(line)
      return
    }
    switch judge(line) {
    case .known: return
    case .good(let id, let isPrompt):
      let content = line.version ?? JobMark.hash(line.bytes.content)
      let mark = JobMark(
        id: JobMark.hash(id: id),
        content: content,
        isPrompt: isPrompt
      )
      drafts += assembler.add(line, mark: mark, failure: nil)
    case .bad(let refusal):
      let failed = InputLine.failedLine(
        line.bytes.content,
        number: line.number,
        refusal: refusal
      )
      drafts += assembler.add(
        line,
        mark: Self.mark(ofBad: line),
        failure: JobResult(
          job: assembler.nextJob,
          state: .failed,
          line: failed,
          cause: refusal.code
        )
      )
    }
  }

  /// Closes the segment under way.
  package mutating func finishSegment() { drafts += assembler.finish() }

  private enum Verdict {
    case good(id: String, isPrompt: Bool)
    case known
    case bad(Refusal)
  }

  private mutating func judge(_ line: LineSplitter.Line) -> Verdict {
    let id: String
    var isPrompt = true
    var isUnnamed = false
    if isListing {
      id = JobPreparer.documentPath(line.bytes.content)
    } else {
      do throws(InputLineError) {
        let found = try InputLine.read(line, idField: idField)
        id = found.id
        isPrompt = found.isPrompt
        isUnnamed = found.isUnnamed
      } catch {
        let mark =
          line.isOversized ? Self.mark(ofLength: line.length) : Self.mark(of: line.bytes.content)
        return isKnown(mark, line) ? .known : bad(line, error.code, error.message)
      }
    }
    guard let earlier = seen.insert(id, line: line.number) else {
      if isUnnamed { unnamedLines += 1 }
      return .good(id: id, isPrompt: isPrompt)
    }
    if skipsKnown, restored > 0, isKnown(line, id) { return .known }
    guard !isUnnamed else {
      return bad(line, "duplicate_id", "it is line \(earlier) again; give each an id of its own")
    }
    return bad(
      line,
      "duplicate_id",
      "the id \"\(id)\" is that of line \(earlier) too; give each job its own"
    )
  }

  private func bad(_ line: LineSplitter.Line, _ code: String, _ message: String) -> Verdict {
    .bad(Refusal(status: nil, code: code, message: "\(name):\(line.number): \(message)"))
  }
}
