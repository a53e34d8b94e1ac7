import Jobs
import Testing

/// An engine that the conformance suite runs on; a new engine is one more case.
enum StoreEngine: String, CaseIterable, CustomTestStringConvertible {
  case sqlite

  var testDescription: String { rawValue }

  /// A new, empty batch of a file.
  func makeStore(in folder: TemporaryFolder) throws -> any JobStore {
    switch self {
    case .sqlite:
      try SQLiteJobStore(
        path: folder.file("batch.nightjar"),
        input: BatchInput(kind: .file, path: "/in.jsonl"),
        now: 0
      )
    }
  }
}

/// A batch that goes away with its folder.
struct TemporaryBatch {
  let folder: TemporaryFolder
  let store: any JobStore

  init(_ engine: StoreEngine, segments: [Int] = []) async throws {
    folder = try TemporaryFolder()
    store = try engine.makeStore(in: folder)
    if !segments.isEmpty { _ = try await store.append(drafts(segments), isLast: true) }
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
  /// Commits results under one lease, which then ends at 1,000 ms.
  @discardableResult
  func commit(_ results: [JobResult], under lease: SegmentLease) async throws -> FlushReceipt {
    try await commit(flush(results, under: lease), leaseEnd: 1_000)
  }

  /// Claims the next segment at a time, for 1,000 ms.
  func claimOne(at now: Int = 0) async throws -> ClaimedSegment? {
    try await claim(1, now: now, leaseEnd: now + 1_000).first
  }

  /// Every result, oldest first.
  var allResults: [StoredResult] {
    get async throws { try await results(after: 0, limit: 1_000) }
  }
}

extension StoredResult {
  var text: String { String(decoding: line, as: UTF8.self) }
}
