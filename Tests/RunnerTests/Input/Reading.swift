import JSON
import Jobs
import Runner

/// What a reader of a file or of a pipe queues, and a worker finds there.
struct Reading {
  struct FoundJob: Equatable {
    let job: Int
    let line: Int
    /// Where the line begins in the file; nil where it was read from a pipe.
    let offset: Int?
    let text: [UInt8]
  }

  struct Failure: Equatable {
    let job: Int
    let message: String
  }

  let keepsLines: Bool
  var intake: Intake
  private let longest: Int
  private(set) var drafts: [Segment] = []
  private(set) var jobs: [FoundJob] = []
  private(set) var failures: [Failure] = []

  init(keepsLines: Bool, longest: Int = .max) {
    self.keepsLines = keepsLines
    self.longest = longest
    intake = Intake(keepsLines: keepsLines, name: "in.jsonl", limit: .max)
  }

  /// Reads a file from an offset on, in pieces.
  mutating func read(
    _ bytes: [UInt8],
    from start: Int = 0,
    line: Int = 1,
    cutAt cuts: [Int]
  ) {
    var splitter = LineSplitter(longest: longest, offset: start, number: line)
    let places = [start] + cuts.filter { $0 > start } + [bytes.count]
    for (from, to) in zip(places, places.dropFirst()) {
      splitter.take(Array(bytes[from..<to])) { intake.take($0) }
    }
    if let last = splitter.finish() { intake.take(last) }
    intake.finishSegment()
    for draft in intake.drafts { find(draft, in: bytes) }
    intake.drafts = []
  }

  /// Learns what was queued before.
  ///
  /// - Returns: where reading goes on.
  mutating func restore(_ earlier: Reading) -> (offset: Int, line: Int) {
    var rest = (offset: 0, line: 1)
    for (draft, bytes) in zip(earlier.drafts, earlier.segments) {
      rest.line = intake.restore(draft, LoadedLines(of: bytes, firstLine: draft.firstLine))
      if case .file(let offset, let length, _) = draft.source { rest.offset = offset + length }
    }
    return rest
  }

  static func + (first: Reading, second: Reading) -> Reading {
    var both = first
    both.drafts += second.drafts
    both.segments += second.segments
    both.jobs += second.jobs
    both.failures += second.failures
    return both
  }

  private var segments: [[UInt8]] = []

  private mutating func find(_ draft: Segment, in file: [UInt8]) {
    var offset: Int?
    var bytes: [UInt8] = []
    switch draft.source {
    case .inline(let lines): bytes = lines
    case .file where draft.marks.isEmpty: break
    case .file(let start, let length, _):
      offset = start
      bytes = Array(file[start..<start + length])
    }
    drafts.append(draft)
    segments.append(bytes)
    let lines = LineSplitter.lines(of: bytes, firstLine: draft.firstLine)
    for (job, line) in zip(draft.firstJob..., lines)
    where !draft.failures.contains(where: { $0.job == job }) {
      let text = line.bytes.content
      jobs.append(
        FoundJob(
          job: job,
          line: line.number,
          offset: offset.map { $0 + text.startIndex },
          text: Array(text)
        )
      )
    }
    for failure in draft.failures {
      let message = (try? JSONValue(parsing: failure.line.bytes))?["error"]?["message"]?.string
      failures.append(Failure(job: failure.job, message: message ?? ""))
    }
  }
}
