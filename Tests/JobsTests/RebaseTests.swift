import Jobs
import Testing

@Suite struct `A batch that is taken to a new input` {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open() throws -> SQLiteJobStore {
    try SQLiteJobStore(
      path: folder.file("batch.nightjar"),
      input: BatchInput(kind: .file, path: "/in.jsonl")
    )
  }

  private func marks(_ ids: [Int]) -> [JobMark] {
    ids.map {
      JobMark(id: UInt64($0) << 32, content: .max - UInt64($0), isPrompt: $0.isMultiple(of: 2))
    }
  }

  private func segment(_ ids: [Int], from first: Int, isGone: Bool = false) -> SegmentDraft {
    SegmentDraft(
      firstJob: first,
      jobCount: ids.count,
      firstLine: first + 1,
      source: isGone ? .gone : .file(offset: 10 * first, length: 10 * ids.count, digest: []),
      failures: [],
      marks: marks(ids)
    )
  }

  /// A batch of six jobs: 0 is completed, 1 failed, 2 waits for another attempt, 3 is cancelled,
  /// 4 completed and 5 untouched.
  private func batch() async throws -> SQLiteJobStore {
    let store = try open()
    _ = try await store.append(
      [segment([0, 1, 2], from: 0), segment([3, 4, 5], from: 3)],
      isLast: true
    )
    let leases = try await store.claim(9).segments.map(\.lease)
    var flush = Flush()
    flush.results = [(leases[0], completed(0)), (leases[0], failed(1)), (leases[1], completed(4))]
    let retry = RetryableJob(job: 2, attempts: 3, notBefore: 7, reason: "busy")
    flush.retryable = [(leases[0], retry)]
    flush.exports = [ExportPosition(state: .completed, offset: 14, sequence: 3)]
    _ = try await store.commit(flush)
    _ = try await store.cancel(.jobs([3]))
    try await store.release(leases)
    return store
  }

  private func rebase(_ segments: [SegmentDraft], _ places: [Int], again: Set<Int> = [])
    -> InputRebase
  {
    InputRebase(
      segments: segments,
      places: places,
      again: again,
      identity: FileIdentity(device: 1, inode: 2, size: 3, modified: 4)
    )
  }

  @Test func `knows of every job its mark and how it stands`() async throws {
    let jobs = try await batch().storedJobs()
    #expect(jobs.marks == marks([0, 1, 2, 3, 4, 5]))
    #expect(jobs.states == [.completed, .failed, .waiting, .aside, .completed, .waiting])
    #expect(jobs.isMarked && jobs.prompts(.completed) == [0, 4])
  }

  @Test func `moves results, attempts and cancelled jobs to their new numbers`() async throws {
    let store = try await batch()
    // Turned round, with a new job in front.
    let order = [9, 5, 4, 3, 2, 1, 0]
    try await store.rebase(rebase([segment(order, from: 0)], [6, 5, 4, 3, 2, 1]))
    let jobs = try await store.storedJobs()
    #expect(jobs.marks == marks(order))
    #expect(
      jobs.states == [.waiting, .waiting, .completed, .aside, .waiting, .failed, .completed]
    )
    let claimed = try #require(try await store.claim(9).segments.first)
    #expect(claimed.finished == [2, 3, 5, 6])
    #expect(claimed.retryable.mapValues(\.attempts) == [4: 3])
    #expect(claimed.marks == marks(order))
    let summary = try await store.summary()
    #expect(summary.total == 7 && summary.completed == 2 && summary.failed == 1)
    #expect(summary.cancelled == 1 && summary.pending == 3)
    #expect(try await store.results(after: 0, limit: 9).map(\.job) == [6, 5, 2])
    #expect(try await store.exportPositions().count == 1, "no result is gone, so all lines stand")
    #expect(try await store.inputIdentity()?.size == 3)
  }

  @Test func `drops jobs that are gone and keeps results behind the end`() async throws {
    let store = try await batch()
    let segments = [segment([5], from: 0), segment([0, 4], from: 1, isGone: true)]
    try await store.rebase(rebase(segments, [1, -1, -1, -1, 2, 0]))
    let summary = try await store.summary()
    #expect(summary.total == 3 && summary.completed == 2 && summary.pending == 1)
    #expect(summary.failed + summary.cancelled == 0)
    #expect(try await store.storedJobs().states == [.waiting, .kept, .kept])
    #expect(try await store.exportPositions().isEmpty)
    #expect(try await store.claim(9).segments.map(\.jobCount) == [1])
    #expect(try await store.retry(.jobs([1, 2])) == 0, "there is no line to do again")
  }

  @Test func `forgets what is to be done again`() async throws {
    let store = try await batch()
    let whole = segment([0, 1, 2, 3, 4, 5], from: 0)
    try await store.rebase(rebase([whole], Array(0..<6), again: [0, 1, 2]))
    let claimed = try #require(try await store.claim(9).segments.first)
    #expect(claimed.finished == [3, 4] && claimed.retryable.isEmpty)
    #expect(try await store.summary().failed == 0)
    #expect(try await store.exportPositions().isEmpty)
  }

  @Test func `remembers its settings`() async throws {
    let store = try await batch()
    #expect(try await store.settings().isEmpty)
    try await store.record(settings: "{}", again: [0])
    #expect(try await store.settings() == "{}")
    #expect(try await store.summary().completed == 1)
  }
}
