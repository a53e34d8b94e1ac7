package import Jobs

/// A segment in memory, held until its last job has ended.
package final class LoadedSegment: Sendable {
  package let lease: SegmentLease
  package let bytes: [UInt8]
  /// Jobs of a higher priority go first.
  package let priority: Int

  package init(lease: SegmentLease, bytes: [UInt8], priority: Int = 0) {
    self.lease = lease
    self.bytes = bytes
    self.priority = priority
  }
}

/// A job on its way through a run.
package struct Job: Sendable {
  /// Zero-based number in the batch.
  package let number: Int
  /// One-based number of its line in the input.
  package let lineNumber: Int
  package let segment: LoadedSegment
  /// Where its line stands in the segment's bytes, without the line break.
  package let range: Range<Int>
  /// Errors charged to the job.
  package var attempts: Int
  /// Errors, charged or not; waits grow with them.
  package var failures: Int
  /// How often the provider refused it for its pace.
  package var refusals = 0

  /// The most that its request can cost: zero where there is no budget, nil where its model has no
  /// price.
  package var worst: USD? = .zero

  var shape: RequestShape { RequestShape(bytes: range.count) }
  var prefix: UInt64? { nil }

  /// Of those who wait the lowest goes first: the order of the input within a priority, except that
  /// one which was refused often lets others pass.
  package var rank: Int {
    number + (refusals > 2 ? refusals * 1_000 : 0) - segment.priority * Self.priorityStep
  }

  /// More than any number of a job.
  private static let priorityStep = 1 << 40

  /// The bytes of the job's line.
  package var line: ArraySlice<UInt8> { segment.bytes[range] }
}

extension ClaimedSegment {
  /// The jobs of the segment that have no result yet, in input order.
  ///
  /// - Parameter bytes: the segment's lines as they were read.
  /// - Returns: each job with what is known of its earlier attempts.
  package func jobs(in bytes: [UInt8]) -> [(job: Job, retry: RetryableJob?)] {
    let segment = LoadedSegment(lease: lease, bytes: bytes, priority: priority)
    var jobs: [(job: Job, retry: RetryableJob?)] = []
    var number = firstJob
    var splitter = LineSplitter(longest: .max, number: firstLine)
    var lines: [LineSplitter.Line] = []
    splitter.take(bytes) { lines.append($0) }
    if let last = splitter.finish() { lines.append(last) }
    for line in lines where !line.bytes.isBlankLine {
      defer { number += 1 }
      if finished.contains(number) { continue }
      let retry = retryable[number]
      let content = line.bytes.content
      let start = line.offset + content.startIndex - line.bytes.startIndex
      let job = Job(
        number: number,
        lineNumber: line.number,
        segment: segment,
        range: start..<start + content.count,
        attempts: retry?.attempts ?? 0,
        failures: retry?.attempts ?? 0
      )
      jobs.append((job, retry))
    }
    return jobs
  }
}
