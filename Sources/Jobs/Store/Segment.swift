internal import Secrets

/// Where the lines of a segment are.
///
/// Prompts of a file are not copied: a segment names the bytes that hold its lines. Jobs from a
/// pipe or a folder have no file to point at, so their lines are kept in the segment itself.
package enum SegmentSource: Sendable, Equatable {
  /// Bytes `offset ..< offset + length` of the input file; `digest` is their SHA-256 where a batch
  /// of the first format holds them, else empty: then the marks of the jobs tell what they are.
  case file(offset: Int, length: Int, digest: [UInt8])
  /// The lines themselves.
  case inline([UInt8])
}

/// A run of consecutive jobs: the unit that is stored, claimed, leased and closed.
package struct Segment: Sendable {
  /// Zero-based number of the first job in the batch.
  package let firstJob: Int
  /// How many jobs the segment holds, at least one.
  package let jobCount: Int
  /// One-based number of the first line in the input.
  package let firstLine: Int
  package let source: SegmentSource
  /// Jobs that can never be sent, such as malformed lines, with what to record for them; none in a
  /// segment that comes from the store.
  package let failures: [JobResult]
  /// Segments of a higher priority are leased first.
  package let priority: Int
  /// What each job was when it was queued; empty for lines that are never read again.
  package let marks: [JobMark]

  package init(
    firstJob: Int,
    jobCount: Int,
    firstLine: Int,
    source: SegmentSource,
    failures: [JobResult] = [],
    priority: Int = 0,
    marks: [JobMark] = []
  ) {
    self.marks = marks
    self.priority = priority
    self.firstJob = firstJob
    self.jobCount = jobCount
    self.firstLine = firstLine
    self.source = source
    self.failures = failures
  }

  /// False for a line that was too long to be kept, and for jobs whose lines are gone.
  package var isReadable: Bool {
    guard case .file(_, _, let digest) = source else { return true }
    return !source.isGone && !(digest.isEmpty && marks.isEmpty)
  }
}

/// Proof that a worker may write for a segment: a write under an older epoch changes nothing.
package struct SegmentLease: Sendable, Hashable {
  package let segment: Int
  /// Grows by one with every claim of the segment (a fencing token).
  package let epoch: Int

  package init(segment: Int, epoch: Int) {
    self.segment = segment
    self.epoch = epoch
  }
}

/// A segment that this worker holds, and what is left of it.
@dynamicMemberLookup
package struct ClaimedSegment: Sendable {
  package let lease: SegmentLease
  package let segment: Segment
  /// Jobs of the segment that need nothing more: they have a result, or are cancelled or held.
  package let finished: Set<Int>
  /// Jobs of the segment that wait for another attempt.
  package let retryable: [Int: RetryableJob]

  package init(
    lease: SegmentLease,
    segment: Segment,
    finished: Set<Int> = [],
    retryable: [Int: RetryableJob] = [:]
  ) {
    self.lease = lease
    self.segment = segment
    self.finished = finished
    self.retryable = retryable
  }

  package subscript<Value>(dynamicMember field: KeyPath<Segment, Value>) -> Value {
    segment[keyPath: field]
  }
}

extension SegmentSource {
  /// Of jobs whose lines are no longer in the input; only their results are kept.
  package static let gone = SegmentSource.file(offset: 0, length: 0, digest: [])

  package var isGone: Bool { self == .gone }

  /// True when `bytes` are those that the segment was made of.
  package func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
    switch self {
    case .file(_, let length, let digest):
      digest.isEmpty || (bytes.count == length && Self.digest(of: bytes) == digest)
    case .inline(let lines): lines[...] == bytes
    }
  }

  static func digest(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    unsafe bytes.withUnsafeBytes { unsafe SHA256.digest(of: $0) }.bytes
  }
}
