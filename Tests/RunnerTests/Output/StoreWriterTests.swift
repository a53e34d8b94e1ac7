import Jobs
import Runner
import Synchronization
import Testing

@Suite struct `A store writer` {
  /// A writer over a real store and real files, at a clock that stands still.
  private struct Bench {
    let folder: TestFolder
    let clock = TestClock()
    let store: FaultyStore
    let files: WorkerFiles
    let writer: StoreWriter
    let events = RecordedEvents()
    let lease = SegmentLease(segment: 1, epoch: 1)
    /// Yields after each commit.
    let commits: AsyncStream<Void>

    /// Answers that a kill now would leave to the next owner.
    var kept: [Int] {
      AnswerJournal.answers(in: files).map(\.result.job).sorted()
    }

    init(failingAt write: Int = .max, memory: Int = 1 << 20) async throws {
      folder = try TestFolder()
      let batch = try Batches.open(
        folder.file("batch"),
        input: BatchInput(kind: .file, path: "/in"),
        as: .worker()
      )
      files = batch.files
      let segment = Segment(
        firstJob: 0,
        jobCount: 50,
        firstLine: 1,
        source: .inline([]),
        failures: []
      )
      _ = try await batch.append([segment], isLast: false)
      _ = try await batch.claim(1)
      store = FaultyStore(batch, failingAt: write)
      let (commits, committed) = AsyncStream<Void>.makeStream()
      self.commits = commits
      writer = StoreWriter(
        store: store,
        exporter: try Self.exporter(folder),
        journal: try AnswerJournal(in: files),
        memory: memory,
        clock: clock,
        events: events,
        onProgress: { _ in committed.yield() }
      )
    }

    static func exporter(_ folder: TestFolder) throws -> Exporter {
      try Exporter(try #require(BatchFiles(output: folder.file("out")).output))
    }

    func complete(_ job: Int, line size: Int) async -> Bool {
      let line = [UInt8](repeating: UInt8(ascii: "x"), count: size)
      let result = JobResult(job: job, state: .completed, line: OutputLine(line))
      if case .taken = await writer.complete(result, under: lease) { return true }
      return false
    }

    func complete(_ job: Int, _ state: JobResult.State = .completed) async -> Bool {
      if case .taken = await bring(job, state) { true } else { false }
    }

    func bring(_ job: Int, _ state: JobResult.State = .completed) async
      -> StoreWriter.Completion
    {
      await writer.complete(
        JobResult(job: job, state: state, line: OutputLine(Array("job \(job)".utf8))),
        under: lease
      )
    }

    /// Segments at the end of the input, each of one job that failed at reading.
    func append(failing jobs: [Int]) async throws {
      let drafts = jobs.map { job in
        Segment(
          firstJob: job,
          jobCount: 1,
          firstLine: job + 1,
          source: .inline([]),
          failures: [
            JobResult(job: job, state: .failed, line: OutputLine(Array("job \(job)".utf8)))
          ]
        )
      }
      try await writer.append(drafts, isLast: true)
    }

    func stored(_ state: JobResult.State) async throws -> String {
      try await store.results(after: 0, limit: .max).filter { $0.state == state }
        .map { String(decoding: $0.line.bytes, as: UTF8.self) + "\n" }.joined()
    }
  }

  @Test func `keeps an answer at once and shows it after its commit`() async throws {
    let bench = try await Bench()
    async let running: Void = bench.writer.run()
    for job in 0..<3 { #expect(await bench.complete(job)) }
    #expect(bench.kept == [0, 1, 2])
    #expect(try bench.folder.read("out").isEmpty)
    let deadline = await bench.clock.nextDeadline()
    #expect(deadline == bench.clock.start + .milliseconds(20))
    bench.clock.advance(to: deadline)
    for await _ in bench.commits { break }
    #expect(try await bench.store.summary().completed == 3)
    #expect(try bench.folder.read("out") == (try await bench.stored(.completed)))
    bench.writer.close()
    try await running
    #expect(bench.kept.isEmpty)
  }

  @Test func `commits a full group without waiting for the clock`() async throws {
    let bench = try await Bench()
    async let running: Void = bench.writer.run()
    for job in 0..<256 { #expect(await bench.complete(job)) }
    for await _ in bench.commits { break }
    #expect(try await bench.store.summary().completed == 256)
    bench.writer.close()
    try await running
  }

  @Test func `lets nobody bring more than it has memory for until a commit has made room`()
    async throws
  {
    let bench = try await Bench(memory: 100)
    let lines = 0..<20
    let bringing = Task {
      for job in lines { #expect(await bench.complete(job, line: 40)) }
      bench.writer.close()
    }
    async let running: Void = bench.writer.run()
    await bringing.value
    try await running
    #expect(try await bench.store.summary().completed == lines.count)
    // Two lines of forty bytes fit at a time, if both are there when the writer comes.
    #expect(bench.store.largestFlush <= 80)
  }

  @Test func `takes a result that is larger than its memory by itself`() async throws {
    let bench = try await Bench(memory: 100)
    async let running: Void = bench.writer.run()
    for job in 0..<4 { #expect(await bench.complete(job, line: 1_000)) }
    bench.writer.close()
    try await running
    #expect(try await bench.store.summary().completed == 4)
    #expect(bench.store.largestFlush == 1_000)
  }

  @Test func `shows failures of the input in the order of the commits`() async throws {
    let bench = try await Bench()
    async let running: Void = bench.writer.run()
    #expect(await bench.complete(7, .failed))
    try await bench.append(failing: [50, 51])
    #expect(await bench.complete(8, .failed))
    bench.writer.close()
    try await running
    let expected = try await bench.stored(.failed)
    #expect(expected.split(separator: "\n").count == 4)
    #expect(try bench.folder.read("out.failed.jsonl") == expected)
    let position = try await bench.store.exportPositions().first { $0.state == .failed }
    #expect(position == ExportPosition(state: .failed, offset: expected.utf8.count, sequence: 4))
    try await Bench.exporter(bench.folder).repair(from: bench.store)
    #expect(try bench.folder.read("out.failed.jsonl") == expected)
  }

  @Test func `writes what it was told before it closes`() async throws {
    let bench = try await Bench()
    bench.writer.count(Traffic(requestsSent: 4, retries: 1))
    let retryable = RetryableJob(job: 3, attempts: 2, notBefore: 9, reason: "overloaded")
    bench.writer.retryLater(retryable, under: bench.lease)
    bench.writer.close()
    try await bench.writer.run()
    #expect(try await bench.store.summary().traffic == Traffic(requestsSent: 4, retries: 1))
    try await bench.store.release([bench.lease])
    let claim = try await bench.store.claim(1).segments.first
    #expect(claim?.retryable == [3: retryable])
  }

  @Test func `turns away who comes after it has closed`() async throws {
    let bench = try await Bench()
    bench.writer.close()
    try await bench.writer.run()
    await #expect(throws: CancellationError.self) { try await bench.append(failing: [50]) }
    #expect(await bench.complete(1) == false)
    #expect(try await bench.store.summary().total == 50)
  }

  @Test func `tells how many results are new`() async throws {
    let bench = try await Bench()
    async let running: Void = bench.writer.run()
    for _ in 0..<2 { #expect(await bench.complete(5)) }
    bench.writer.close()
    try await running
    #expect(bench.events.count("committed(completed: 1,") == 1)
    #expect(try bench.folder.read("out") == "job 5\n")
  }

  @Test(arguments: 1...4)
  func `loses no answer that it took when a write fails`(_ write: Int) async throws {
    let bench = try await Bench(failingAt: write)
    let running = Task { try await bench.writer.run() }
    var taken: [Int] = []
    for job in 0..<100_000 {
      let completion = await bench.bring(job)
      if case .lost = completion { break }
      taken.append(job)
      if case .keptForLater = completion { break }
    }
    await #expect(throws: FaultyStore.Fault.self) { try await running.value }
    await #expect(throws: FaultyStore.Fault.self) { try await bench.append(failing: [50]) }
    #expect(await bench.complete(0) == false)
    let stored = try await bench.store.results(after: 0, limit: .max).map(\.job)
    #expect(Set(stored).union(bench.kept) == Set(taken))
    try await Bench.exporter(bench.folder).repair(from: bench.store)
    #expect(try bench.folder.read("out") == (try await bench.stored(.completed)))
  }

  @Test func `wakes the reader when the input cannot be stored`() async throws {
    let bench = try await Bench(failingAt: 1)
    #expect(await bench.complete(1))
    let running = Task { try await bench.writer.run() }
    await #expect(throws: FaultyStore.Fault.self) { try await bench.append(failing: [50]) }
    await #expect(throws: FaultyStore.Fault.self) { try await running.value }
    #expect(bench.kept == [1])
  }
}

/// A store whose writes fail from the k-th on, as on a disk that went away.
final class FaultyStore: JobStore {
  struct Fault: Error {}

  private let store: any JobStore
  private let failingAt: Int
  private let writes = Mutex(0)
  private let flushes = Mutex(0)

  /// Bytes of results in the largest commit so far.
  var largestFlush: Int { flushes.withLock { $0 } }

  init(_ store: any JobStore, failingAt write: Int) {
    self.store = store
    failingAt = write
  }

  private func write() throws {
    let count = writes.withLock { writes in
      writes += 1
      return writes
    }
    if count >= failingAt { throw Fault() }
  }

  func append(_ segments: [Segment], isLast: Bool) async throws -> [StoredResult] {
    try write()
    return try await store.append(segments, isLast: isLast)
  }

  func commit(_ flush: Flush) async throws -> FlushReceipt {
    try write()
    let bytes = flush.results.reduce(0) { $0 + $1.result.line.count }
    flushes.withLock { $0 = max($0, bytes) }
    return try await store.commit(flush)
  }

  func claim(_ count: Int) async throws -> Claim { try await store.claim(count) }
  func heartbeat() async throws -> Heartbeat { try await store.heartbeat() }
  func cancel(_ jobs: JobSelection) async throws -> Int { try await store.cancel(jobs) }
  func retry(_ jobs: JobSelection) async throws -> Int { try await store.retry(jobs) }

  func release(_ leases: [SegmentLease]) async throws { try await store.release(leases) }
  func summary() async throws -> BatchSummary { try await store.summary() }

  func results(after sequence: Int, limit: Int) async throws -> [StoredResult] {
    try await store.results(after: sequence, limit: limit)
  }

  func exportPositions() async throws -> [ExportPosition] { try await store.exportPositions() }
}
