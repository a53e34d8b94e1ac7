import Jobs
import Testing

/// What every engine knows of the input of its batches.
@Suite struct `A store's ledger of its input` {

  private func marks(_ ids: [Int]) -> [JobMark] {
    ids.map {
      JobMark(id: UInt64($0) << 32, content: .max - UInt64($0), isPrompt: $0.isMultiple(of: 2))
    }
  }

  private func segment(_ ids: [Int], from first: Int, isGone: Bool = false) -> Segment {
    Segment(
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
  private func batch(_ place: BatchPlace) async throws -> any BatchStore {
    let store = try place.open()
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

  private func rebase(_ segments: [Segment], _ places: [Int], again: Set<Int> = [])
    -> InputRebase
  {
    InputRebase(
      segments: segments,
      places: places,
      again: again,
      identity: FileIdentity(device: 1, inode: 2, size: 3, modified: 4)
    )
  }

  @Test(arguments: StoreEngine.ledgers)
  func `knows of every job its mark and how it stands`(_ engine: StoreEngine) async throws {
    let place = try BatchPlace(engine)
    let jobs = try await batch(place).storedJobs()
    #expect(jobs.marks == marks([0, 1, 2, 3, 4, 5]))
    #expect(jobs.states == [.completed, .failed, .waiting, .suspended, .completed, .waiting])
    #expect(jobs.isMarked && jobs.prompts(.completed) == [0, 4])
  }

  @Test(arguments: StoreEngine.ledgers)
  func `moves results, attempts and cancelled jobs to their new numbers`(_ engine: StoreEngine)
    async throws
  {
    let place = try BatchPlace(engine)
    let store = try await batch(place)
    // Turned round, with a new job in front.
    let order = [9, 5, 4, 3, 2, 1, 0]
    try await store.rebase(rebase([segment(order, from: 0)], [6, 5, 4, 3, 2, 1]))
    let jobs = try await store.storedJobs()
    #expect(jobs.marks == marks(order))
    #expect(
      jobs.states == [.waiting, .waiting, .completed, .suspended, .waiting, .failed, .completed]
    )
    let claimed = try #require(try await store.claim(9).segments.first)
    #expect(claimed.finished == [2, 3, 5, 6])
    #expect(claimed.retryable.mapValues(\.attempts) == [4: 3])
    #expect(claimed.marks == marks(order))
    let summary = try await store.summary()
    #expect(summary.total == 7 && summary.completed == 2 && summary.failed == 1)
    #expect(summary.cancelled == 1 && summary.pending == 3)
    let results = try await store.results(after: 0, limit: 9)
    #expect(results.map(\.job) == [6, 5, 2])
    #expect(results.allSatisfy { $0.isAsStored })
    #expect(try await store.exportPositions().count == 1, "no result is gone, so all lines stand")
    #expect(try await store.inputIdentity()?.size == 3)
  }

  @Test(arguments: StoreEngine.ledgers)
  func `drops jobs that are gone and keeps results behind the end`(_ engine: StoreEngine)
    async throws
  {
    let place = try BatchPlace(engine)
    let store = try await batch(place)
    let segments = [segment([5], from: 0), segment([0, 4], from: 1, isGone: true)]
    try await store.rebase(rebase(segments, [1, -1, -1, -1, 2, 0]))
    let summary = try await store.summary()
    #expect(summary.total == 3 && summary.completed == 2 && summary.pending == 1)
    #expect(summary.failed + summary.cancelled == 0)
    #expect(try await store.storedJobs().states == [.waiting, .kept, .kept])
    let exports = try await store.exportPositions()
    #expect(exports.allSatisfy { $0.offset == 0 && $0.sequence == 0 }, "all lines are written anew")
    #expect(try await store.claim(9).segments.map(\.jobCount) == [1])
    #expect(try await store.retry(.jobs([1, 2])) == 0, "there is no line to do again")
  }

  @Test(arguments: StoreEngine.ledgers)
  func `forgets what is to be done again`(_ engine: StoreEngine) async throws {
    let place = try BatchPlace(engine)
    let store = try await batch(place)
    let whole = segment([0, 1, 2, 3, 4, 5], from: 0)
    try await store.rebase(rebase([whole], Array(0..<6), again: [0, 1, 2]))
    let claimed = try #require(try await store.claim(9).segments.first)
    #expect(claimed.finished == [3, 4] && claimed.retryable.isEmpty)
    #expect(try await store.summary().failed == 0)
    let exports = try await store.exportPositions()
    #expect(exports.allSatisfy { $0.offset == 0 && $0.sequence == 0 }, "all lines are written anew")
  }

  @Test(arguments: StoreEngine.ledgers)
  func `remembers its settings`(_ engine: StoreEngine) async throws {
    let place = try BatchPlace(engine)
    let store = try await batch(place)
    #expect(try await store.settings().isEmpty)
    try await store.record(settings: "{}", again: [0])
    #expect(try await store.settings() == "{}")
    #expect(try await store.summary().completed == 1)
  }

  @Test(arguments: StoreEngine.ledgers)
  func `hands out every segment once, in the order of the input`(_ engine: StoreEngine) async throws
  {
    let place = try BatchPlace(engine)
    let store = try place.open()
    _ = try await store.append(drafts(Array(repeating: 2, count: 70)), isLast: true)
    var firstJobs: [Int] = []
    for try await segment in store.segments { firstJobs.append(segment.firstJob) }
    #expect(firstJobs == Array(stride(from: 0, to: 140, by: 2)))
  }

  @Test(arguments: StoreEngine.ledgers)
  func `adds a line once and knows its job by its id`(_ engine: StoreEngine) async throws {
    let place = try BatchPlace(engine)
    let store = try place.open()
    let lines = (1...40).map { QueuedLine(id: "job \($0)", line: [UInt8(ascii: "x")], number: $0) }
    #expect(try await store.enqueue(Array(lines[..<30]), priority: 2) == 30)
    #expect(try await store.enqueue(lines, priority: 0) == 10)
    #expect(
      try await store.jobs(withIDs: ["job 31", "job 2", "none"]) == ["job 31": 30, "job 2": 1]
    )
    #expect(try await store.claim(9).segments.map(\.priority) == [2, 2, 0])
  }
}

/// What every engine shows to those who only look.
@Suite struct `A look at a store` {
  private func batch(_ place: BatchPlace) async throws -> any BatchStore {
    let store = try place.open()
    _ = try await store.append(drafts([6]), isLast: true)
    let lease = try #require(try await store.claimOne()).lease
    try await store.commit([completed(4), failed(1)], under: lease)
    try await store.commit([completed(0)], under: lease)
    return store
  }

  @Test(arguments: StoreEngine.ledgers)
  func `shows what is committed while its owner works`(_ engine: StoreEngine) async throws {
    let place = try BatchPlace(engine)
    let store = try await batch(place)
    let inspector = try place.inspect()
    #expect(try inspector.isRunning)
    #expect(try inspector.summary() == (try await store.summary()))
    #expect(try inspector.summary().pending == 3)
    let lease = SegmentLease(segment: 1, epoch: 1)
    try await store.commit([completed(5)], under: lease)
    #expect(try inspector.summary().completed == 3)
  }

  @Test(arguments: StoreEngine.ledgers)
  func `shows the same after its owner has gone`(_ engine: StoreEngine) async throws {
    let place = try BatchPlace(engine)
    do { try await batch(place).close(isClean: true) }
    let inspector = try place.inspect()
    #expect(try !inspector.isRunning && inspector.recovery() == Recovery())
    #expect(try inspector.summary().completed == 2)
    #expect(try inspector.summary().total == 6)
    #expect(try inspector.pageFindings().isEmpty && inspector.countFindings().isEmpty)
  }

  @Test(arguments: StoreEngine.ledgers)
  func `gives results in the order of commits or of the input`(_ engine: StoreEngine) async throws {
    let place = try BatchPlace(engine)
    let store = try await batch(place)
    let inspector = try place.inspect()
    #expect(try inspector.results(after: 0, limit: 9).map(\.job) == [4, 1, 0])
    #expect(try inspector.results(after: 1, limit: 1).map(\.job) == [1])
    #expect(try inspector.results(2..<4).map(\.job) == [1, 0] && inspector.sequenceBound() == 3)
    #expect(try inspector.results(.completed, afterJob: -1, limit: 9).map(\.job) == [0, 4])
    #expect(try inspector.results(.completed, afterJob: 0, limit: 9).map(\.job) == [4])
    #expect(try inspector.results(.failed, afterJob: -1, limit: 9).map(\.text) == ["failed 1"])
    try store.close(isClean: true)
  }

  @Test(arguments: StoreEngine.ledgers)
  func `gives few large results at a time, and all of them in the end`(_ engine: StoreEngine)
    async throws
  {
    let place = try BatchPlace(engine)
    let store = try place.open()
    _ = try await store.append(drafts([3]), isLast: true)
    let lease = try #require(try await store.claimOne()).lease
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 9 << 20)
    let large = (0..<3).map { JobResult(job: $0, state: .completed, line: OutputLine(line)) }
    try await store.commit(large, under: lease)
    let inspector = try place.inspect()
    #expect(try inspector.results(after: 0, limit: 9).map(\.job) == [0, 1])
    #expect(try inspector.results(after: 2, limit: 9).map(\.job) == [2])
    #expect(try await store.results(after: 0, limit: 9).map(\.job) == [0, 1])
    try store.close(isClean: true)
  }
}
