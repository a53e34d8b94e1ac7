import Jobs
import Testing

/// An engine that the conformance suite runs on; a new engine is one more case.
enum StoreEngine: String, CaseIterable, CustomTestStringConvertible {
  /// A SQLite file that one process owns, as for `nightjar run`.
  case run
  /// A SQLite file that several workers share, as for `nightjar work`.
  case queue

  /// Engines on which several workers can be at one batch.
  static let shared: [StoreEngine] = [.queue]

  /// How long a worker keeps its jobs that is not heard of, in milliseconds.
  static let lease = 1_000

  var testDescription: String { rawValue }

  private var input: BatchInput {
    switch self {
    case .run: BatchInput(kind: .file, path: "/in.jsonl")
    case .queue: BatchInput(kind: .queue, path: "")
    }
  }

  /// A worker of the one batch in a folder.
  func worker(
    in folder: TemporaryFolder,
    clock: ManualClock,
    onUnknown: OnUnknown = .resend
  ) throws -> any TestWorker {
    try SQLiteWorker(
      SQLiteJobStore(
        path: folder.file("batch.nightjar"),
        input: input,
        access: self == .run ? .owner : .shared,
        clock: clock.lease,
        lease: .milliseconds(Self.lease),
        onUnknown: onUnknown
      )
    )
  }
}

/// A batch that goes away with its folder, and its first worker.
struct TemporaryBatch {
  let engine: StoreEngine
  let folder: TemporaryFolder
  let clock = ManualClock()
  let first: any TestWorker

  var store: any JobStore { first.store }

  init(
    _ engine: StoreEngine,
    segments: [Int] = [],
    onUnknown: OnUnknown = .resend
  ) async throws {
    self.engine = engine
    folder = try TemporaryFolder()
    first = try engine.worker(in: folder, clock: clock, onUnknown: onUnknown)
    if !segments.isEmpty { _ = try await store.append(drafts(segments), isLast: true) }
  }

  /// One more worker.
  func worker(onUnknown: OnUnknown = .resend) throws -> any TestWorker {
    try engine.worker(in: folder, clock: clock, onUnknown: onUnknown)
  }
}

/// Consecutive segments of these numbers of jobs, whose lines are the jobs' numbers.
func drafts(_ counts: [Int], from first: Int = 0) -> [SegmentDraft] {
  var job = first
  return counts.map { count in
    defer { job += count }
    let lines = (job..<job + count).map { "\($0)\n" }.joined()
    return SegmentDraft(
      firstJob: job,
      jobCount: count,
      firstLine: job + 1,
      source: .inline(Array(lines.utf8)),
      failures: []
    )
  }
}

func completed(
  _ job: Int,
  _ line: String? = nil,
  tokens: Int = 0,
  cost: USD? = nil,
  hasRetried: Bool = false
) -> JobResult {
  JobResult(
    job: job,
    state: .completed,
    line: Array((line ?? "done \(job)").utf8),
    inputTokens: tokens,
    outputTokens: 2 * tokens,
    cost: cost,
    hasRetried: hasRetried
  )
}

func failed(_ job: Int, _ line: String? = nil) -> JobResult {
  JobResult(job: job, state: .failed, line: Array((line ?? "failed \(job)").utf8))
}

func flush(_ results: [JobResult], under lease: SegmentLease) -> Flush {
  var flush = Flush()
  flush.results = results.map { (lease, $0) }
  return flush
}

extension JobStore {
  /// Commits results under one lease.
  @discardableResult
  func commit(_ results: [JobResult], under lease: SegmentLease) async throws -> FlushReceipt {
    try await commit(flush(results, under: lease))
  }

  /// Commits that a job waits for another attempt.
  func commit(_ job: RetryableJob, under lease: SegmentLease) async throws {
    var flush = Flush()
    flush.retryable = [(lease, job)]
    _ = try await commit(flush)
  }

  /// Claims the next segment.
  func claimOne() async throws -> ClaimedSegment? { try await claim(1).segments.first }

  /// Every result, oldest first.
  var allResults: [StoredResult] {
    get async throws { try await results(after: 0, limit: 1_000) }
  }
}

extension StoredResult {
  var text: String { String(decoding: line, as: UTF8.self) }
}
