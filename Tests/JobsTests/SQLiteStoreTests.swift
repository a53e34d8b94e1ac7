import Glibc
import Jobs
import Testing

@Suite struct `A batch in a SQLite file` {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("batch.nightjar")
  }

  private func open(_ input: BatchInput = BatchInput(kind: .file, path: "/in.jsonl")) throws
    -> SQLiteJobStore
  {
    try SQLiteJobStore(path: path, input: input)
  }

  @Test func `commits through a log that is synced at every commit`() async throws {
    let store = try open()
    #expect(try await store.durability() == (journal: "wal", synchronous: 2))
    _ = try await store.append(drafts([3]), isLast: true)
    let lease = try #require(try await store.claimOne()).lease
    for job in 0..<3 {
      try await store.commit([completed(job)], under: lease)
      #expect(try await store.durability() == (journal: "wal", synchronous: 2))
    }
    try await store.release([lease])
    #expect(try await store.durability() == (journal: "wal", synchronous: 2))
  }

  @Test func `has one owner at a time`() throws {
    do {
      let store = try open()
      #expect { try open() } throws: { ($0 as? StoreError)?.code == .owned }
      #expect(isLocked(path))
      try store.close(isClean: true)
    }
    #expect(!isLocked(path))
    try open().close(isClean: true)
  }

  @Test func `tells its workers from others who may keep its lock`() throws {
    let store = try open()
    #expect(LockHolder.isWorker(getpid(), of: path))
    #expect(!LockHolder.isWorker(getppid(), of: path))
    try store.close(isClean: true)
    #expect(!LockHolder.isWorker(getpid(), of: path))
  }

  @Test func `keeps everything from one owner to the next`() async throws {
    let digest = [UInt8](repeating: 1, count: 32)
    let identity = FileIdentity(device: 1, inode: 2, size: 3, modified: 4)
    do {
      let store = try open()
      #expect(try await store.inputIdentity() == nil)
      _ = try await store.append(drafts([2, 2]), isLast: false)
      let source = SegmentSource.file(offset: 8, length: 9, digest: digest)
      _ = try await store.append(
        [Segment(firstJob: 4, jobCount: 1, firstLine: 5, source: source, failures: [])],
        isLast: true
      )
      let lease = try #require(try await store.claimOne()).lease
      try await store.commit([completed(1), failed(0)], under: lease)
      try await store.recordInputIdentity(identity)
      try store.close(isClean: true)
    }
    let store = try open()
    #expect(try await store.allResults.map(\.text) == ["done 1", "failed 0"])
    #expect(try await store.inputIdentity() == identity)
    var segments: [Segment] = []
    for try await segment in store.segments { segments.append(segment) }
    #expect(segments.map(\.firstJob) == [0, 2, 4])
    #expect(segments.map(\.jobCount) == [2, 2, 1])
    #expect(segments.last?.source == .file(offset: 8, length: 9, digest: digest))
    #expect(try await store.summary().isInputComplete)
  }

  @Test func `hands back the leases of a dead owner at once`() async throws {
    do {
      let store = try open()
      _ = try await store.append(drafts([2, 2]), isLast: true)
      _ = try await store.claim(2)
    }
    let store = try open()
    let claimed = try await store.claim(9).segments
    #expect(claimed.map(\.firstJob) == [0, 2])
    #expect(claimed.allSatisfy { $0.lease.epoch > 1 })
  }

  @Test func `knows which requests of a dead owner may have been billed`() async throws {
    do {
      let store = try open()
      _ = try await store.append(drafts([5]), isLast: true)
      let lease = try #require(try await store.claimOne()).lease
      let journal = try SendJournal(path: store.files.sent, capacity: 4)
      for job in [0, 2, 3] { _ = journal.mark(job, worst: USD(nanos: 100)) }
      journal.charge(USD(nanos: 1_000))
      var flush = flush([completed(2)], under: lease)
      flush.unanswered = USD(nanos: 10)
      _ = try await store.commit(flush)
    }
    let store = try open()
    #expect(store.recovery.unknown == [0, 3])
    #expect(try await store.summary().unknown == 2)
    #expect(try await store.summary().unanswered == USD(nanos: 1_200))
  }

  @Test func `commits the answers that a killed owner could not`() async throws {
    do {
      let store = try open()
      _ = try await store.append(drafts([5]), isLast: true)
      let lease = try #require(try await store.claimOne()).lease
      let sends = try SendJournal(path: store.files.sent, capacity: 4)
      for job in [1, 2, 4] { _ = sends.mark(job, worst: USD(nanos: 100)) }
      var answers = try AnswerJournal(in: store.files)
      try answers.append(completed(1), under: lease)
      _ = answers.takeTurns()
      try answers.append(completed(2, cost: USD(nanos: 7)), under: lease)
    }
    let store = try open()
    #expect(try await store.results(after: 0, limit: 9).map(\.job) == [1, 2])
    #expect(store.recovery.unknown == [4])
    let summary = try await store.summary()
    #expect(summary.completed == 2)
    #expect(summary.cost == USD(nanos: 7))
    #expect(summary.unpriced == 1)
    #expect(summary.unanswered == USD(nanos: 100))
    #expect(summary.traffic.requestsSent == 3)
  }

  private static let otherInputs = [
    BatchInput(kind: .file, path: "/other.jsonl"), BatchInput(kind: .folder, path: "/in.jsonl"),
    BatchInput(kind: .pipe, path: "-"),
  ]

  @Test(arguments: otherInputs)
  func `is for one input only once a request was sent`(_ input: BatchInput) async throws {
    let store = try open()
    var flush = Flush()
    flush.traffic.requestsSent = 1
    _ = try await store.commit(flush)
    try store.close(isClean: true)
    let error = #expect(throws: StoreError.self) { try open(input) }
    #expect(error?.code == .inputChanged)
    #expect(error?.message.contains("/in.jsonl") == true)
    try open().close(isClean: true)
  }

  @Test(arguments: otherInputs)
  func `takes another input while nothing was sent`(_ input: BatchInput) async throws {
    let first = try open()
    _ = try await first.append(drafts([5]), isLast: true)
    try await first.record(settings: "{}", again: [])
    try first.close(isClean: true)
    let second = try open(input)
    #expect(second.recovery.replacedInput == "/in.jsonl")
    #expect(try await second.summary() == BatchSummary())
    #expect(try await second.settings().isEmpty)
    #expect(try await second.segments(after: 0, limit: 9).isEmpty)
    _ = try await second.append(drafts([3]), isLast: true)
    try second.close(isClean: true)
    #expect(try open(input).recovery.replacedInput == nil)
  }

  @Test func `is for one input only where a worker was killed with a request on its way`() throws {
    do {
      let store = try open()
      let sends = try SendJournal(path: store.files.sent, capacity: 4)
      _ = sends.mark(0, worst: .zero)
    }
    let error = #expect(throws: StoreError.self) { try open(Self.otherInputs[0]) }
    #expect(error?.code == .inputChanged)
  }

  @Test func `of a newer version is refused and left alone`() throws {
    try open().close(isClean: true)
    try folder.patch("batch.nightjar", at: 60, with: 99)
    let before = try folder.read("batch.nightjar")
    let error = #expect(throws: StoreError.self) { try open() }
    #expect(error?.code == .newerFormat)
    #expect(throws: StoreError.self) { try SQLiteInspector(path: path) }
    #expect(try folder.read("batch.nightjar") == before)
  }

  @Test(arguments: [(0x1234_5678, 1), (0, 0), (0, 7)] as [(UInt32, UInt32)])
  func `is told from somebody else's database`(_ application: UInt32, _ version: UInt32) throws {
    try open().close(isClean: true)
    try folder.patch("batch.nightjar", at: 68, with: application)
    try folder.patch("batch.nightjar", at: 60, with: version)
    // Bytes 18 and 19 say that the file uses no write-ahead log.
    try folder.patch("batch.nightjar", at: 16, with: 0x1000_0101)
    let before = try folder.read("batch.nightjar")
    let error = #expect(throws: StoreError.self) { try open() }
    #expect(error?.code == .damaged)
    #expect(try folder.read("batch.nightjar") == before)
  }

  @Test(arguments: [String(repeating: "results\n", count: 99), "{}"])
  func `is told from any other file`(_ text: String) throws {
    try folder.write(text, to: "batch.nightjar")
    #expect { try open() } throws: { ($0 as? StoreError)?.code == .damaged }
    #expect(try folder.read("batch.nightjar") == text)
  }

  @Test func `cannot be where there is no folder`() {
    #expect {
      try SQLiteJobStore(
        path: folder.file("none/batch"),
        input: BatchInput(kind: .pipe, path: "-")
      )
    } throws: {
      ($0 as? StoreError)?.code == .notWritable
    }
  }
}
