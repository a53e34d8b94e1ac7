import Jobs
import Testing

/// An engine that the conformance suite runs on; a new engine is one more case.
enum StoreEngine: String, CaseIterable, CustomTestStringConvertible {
  /// The state machine itself.
  case model
  /// A SQLite file that one process owns, as for `nightjar run`.
  case run
  /// A SQLite file that several workers share, as for `nightjar work`.
  case queue

  /// Engines on which several workers can be at one batch.
  static let shared: [StoreEngine] = [.model, .queue]

  /// Engines that know what their input was.
  static let ledgers: [StoreEngine] = [.run, .queue]

  /// How long a worker keeps its jobs that is not heard of, in milliseconds.
  static let lease = 1_000

  var testDescription: String { rawValue }
}

/// Where the workers of one batch meet.
final class BatchPlace {
  let engine: StoreEngine
  private let folder: TemporaryFolder?
  private let model = SharedModel()

  /// - Parameter isQuick: whether a file may be in memory.
  init(_ engine: StoreEngine, isQuick: Bool = false) throws {
    self.engine = engine
    folder = engine == .model ? nil : try TemporaryFolder(isQuick: isQuick)
  }

  /// A new worker of the batch.
  func worker(clock: ManualClock, onUnknown: OnUnknown = .resend) throws -> any TestWorker {
    guard let folder else {
      return ModelWorker(ModelStore(model, clock: clock.lease, onUnknown: onUnknown))
    }
    return try SQLiteWorker(
      SQLiteJobStore(
        path: folder.file("batch.nightjar"),
        input: engine == .run
          ? BatchInput(kind: .file, path: "/in.jsonl") : BatchInput(kind: .queue, path: ""),
        access: engine == .run ? .owner : .shared,
        clock: clock.lease,
        lease: .milliseconds(StoreEngine.lease),
        onUnknown: onUnknown
      )
    )
  }

  /// The batch with all that a run asks of it, which no model has.
  func open() throws -> any BatchStore {
    let input =
      engine == .run
      ? BatchInput(kind: .file, path: "/in.jsonl") : BatchInput(kind: .queue, path: "")
    return try SQLiteEngine().open(path, input: input, as: .worker(), onWait: { _ in })
  }

  func inspect() throws -> any BatchInspector { try SQLiteEngine().inspect(path) }

  private var path: String { folder?.file("batch.nightjar") ?? "" }

  /// A new worker that does on the model whatever it does on the engine, and compares.
  func twin(clock: ManualClock, onUnknown: OnUnknown) throws -> any TestWorker {
    let worker = try worker(clock: clock, onUnknown: onUnknown)
    guard engine != .model else { return worker }
    let model = ModelWorker(ModelStore(model, clock: clock.lease, onUnknown: onUnknown))
    return try TwinWorker(worker, model: model)
  }
}

/// A batch that goes away with its test, and its first worker.
struct TemporaryBatch {
  let place: BatchPlace
  let clock = ManualClock()
  let first: any TestWorker

  var store: any JobStore { first.store }

  init(
    _ engine: StoreEngine,
    segments: [Int] = [],
    onUnknown: OnUnknown = .resend
  ) async throws {
    place = try BatchPlace(engine)
    first = try place.worker(clock: clock, onUnknown: onUnknown)
    if !segments.isEmpty { _ = try await store.append(drafts(segments), isLast: true) }
  }

  /// One more worker.
  func worker(onUnknown: OnUnknown = .resend) throws -> any TestWorker {
    try place.worker(clock: clock, onUnknown: onUnknown)
  }
}

/// Consecutive segments of these numbers of jobs, whose lines are the jobs' numbers.
func drafts(_ counts: [Int], from first: Int = 0) -> [Segment] {
  var job = first
  return counts.map { count in
    defer { job += count }
    let lines = (job..<job + count).map { "\($0)\n" }.joined()
    return Segment(
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
    line: OutputLine(Array((line ?? "done \(job)").utf8)),
    inputTokens: tokens,
    outputTokens: 2 * tokens,
    cost: cost,
    hasRetried: hasRetried
  )
}

func failed(_ job: Int, _ line: String? = nil) -> JobResult {
  JobResult(job: job, state: .failed, line: OutputLine(Array((line ?? "failed \(job)").utf8)))
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
  var text: String { String(decoding: line.bytes, as: UTF8.self) }
}
