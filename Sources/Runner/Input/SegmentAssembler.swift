package import Jobs

/// Puts consecutive lines together into segments.
package struct SegmentAssembler: Sendable {
  /// Jobs in a full segment.
  package static let jobs = 256
  /// Bytes after which a segment is full.
  package static let bytes = 1 << 20

  private let keepsLines: Bool
  private var firstJob: Int
  private var jobCount = 0
  private var firstLine = 0
  private var offset = 0
  /// Bytes of the segment under way.
  private var length = 0
  /// Bytes that its lines take in memory.
  private var size = 0
  /// They themselves, where they are kept.
  private var held: [UInt8] = []
  private var failures: [JobResult] = []
  private var marks: [JobMark] = []

  /// - Parameters:
  ///   - firstJob: zero-based number of the next job in the batch.
  ///   - keepsLines: true where the lines cannot be read again, as from a pipe.
  package init(firstJob: Int, keepsLines: Bool) {
    self.firstJob = firstJob
    self.keepsLines = keepsLines
  }

  /// The number of the job that the next line becomes.
  package var nextJob: Int { firstJob + jobCount }

  /// Adds the next line of the input.
  ///
  /// - Parameters:
  ///   - mark: what the job is known by later.
  ///   - failure: what to record for a line that can never be sent.
  /// - Returns: segments that are full.
  package mutating func add(
    _ line: LineSplitter.Line,
    mark: JobMark,
    failure: JobResult?
  ) -> [Segment] {
    if line.isOversized { return finish() + [alone(line, failure)] }
    if size > 0, size + line.size > Self.bytes {
      let full = finish()
      return full + add(line, mark: mark, failure: failure)
    }
    if jobCount == 0 {
      firstLine = line.number
      offset = line.offset
    }
    take(line)
    if held.last != UInt8(ascii: "\n"), keepsLines { held.append(UInt8(ascii: "\n")) }
    jobCount += 1
    marks.append(mark)
    if let failure { failures.append(failure) }
    return jobCount >= Self.jobs ? finish() : []
  }

  /// Adds bytes between jobs, such as blank lines, which belong to the segment around them.
  ///
  /// - Returns: the segment under way, where the blank bytes would make it too large.
  package mutating func addBlank(_ line: LineSplitter.Line) -> [Segment] {
    guard jobCount > 0 else { return [] }
    guard size + line.size <= Self.bytes else { return finish() }
    take(line)
    return []
  }

  private mutating func take(_ line: LineSplitter.Line) {
    length += line.length
    size += line.size
    guard keepsLines else { return }
    held += line.bytes
    // So that the lines behind a row of several keep their numbers.
    held += repeatElement(UInt8(ascii: "\n"), count: max(0, line.breaks - 1))
  }

  /// The segment under way, where it has any jobs.
  package mutating func finish() -> [Segment] {
    guard jobCount > 0 else { return [] }
    defer {
      firstJob += jobCount
      jobCount = 0
      length = 0
      size = 0
      held = []
      failures = []
      marks = []
    }
    let source: SegmentSource =
      keepsLines ? .inline(held) : .file(offset: offset, length: length, digest: [])
    return [draft(source)]
  }

  /// A line too long to be held makes a segment of its own, which is never read again.
  private mutating func alone(_ line: LineSplitter.Line, _ failure: JobResult?) -> Segment {
    jobCount = 1
    firstLine = line.number
    failures = failure.map { [$0] } ?? []
    defer {
      firstJob += 1
      jobCount = 0
      failures = []
    }
    return draft(.file(offset: line.offset, length: line.length, digest: []))
  }

  private func draft(_ source: SegmentSource) -> Segment {
    Segment(
      firstJob: firstJob,
      jobCount: jobCount,
      firstLine: firstLine,
      source: source,
      failures: failures,
      marks: marks
    )
  }
}

extension LineSplitter.Line {
  /// Bytes in the input, or in memory where it takes more there.
  fileprivate var size: Int { max(length, bytes.count) }
}
