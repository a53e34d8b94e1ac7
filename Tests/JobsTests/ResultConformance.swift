import Jobs
import Testing

/// What every engine does with results, retries and counters.
@Suite struct `A store's results` {
  @Test(arguments: StoreEngine.allCases)
  func `are one a job and the first one stays`(_ engine: StoreEngine) async throws {
    let batch = try await TemporaryBatch(engine, segments: [3])
    let lease = try #require(try await batch.store.claimOne()).lease
    try await batch.store.commit([completed(1, "first", tokens: 5)], under: lease)
    let receipt = try await batch.store.commit(
      [completed(0), failed(1), completed(1, "late", tokens: 9)],
      under: lease
    )
    #expect(receipt.sequences.map { $0 != nil } == [true, false, false])
    #expect(try await batch.store.allResults.map(\.text) == ["first", "done 0"])
    let summary = try await batch.store.summary()
    #expect(summary.completed == 2 && summary.failed == 0 && summary.inputTokens == 5)
  }

  @Test(arguments: StoreEngine.ledgers)
  func `are counted by cause, and found by it again`(_ engine: StoreEngine) async throws {
    let batch = try await TemporaryBatch(engine, segments: [5])
    let lease = try #require(try await batch.store.claimOne()).lease
    let ends: [(JobResult.State, String?)] = [
      (.completed, "length"), (.completed, nil), (.failed, "bad"), (.completed, "length"),
      (.failed, "length"),
    ]
    let results = ends.enumerated().map { job, end in
      JobResult(job: job, state: end.0, line: OutputLine(Array("line \(job)".utf8)), cause: end.1)
    }
    try await batch.store.commit(results, under: lease)
    let inspector = try batch.place.inspect()
    let causes = try inspector.causes(9)
    #expect(causes.map(\.jobs) == [2, 1, 1])
    #expect(causes.map(\.cause) == ["length", "bad", "length"])
    #expect(causes.map(\.state) == [.completed, .failed, .failed])
    #expect(causes.first?.example == Array("line 0".utf8))
    #expect(try inspector.causes(1).count == 1)
    #expect(try await batch.store.retry(.finished("length")) == 2)
    #expect(try await batch.store.allResults.map(\.job) == [1, 2, 4])
    #expect(try await batch.store.summary().completed == 1)
  }

  @Test(arguments: StoreEngine.allCases)
  func `of several segments go down in one commit`(_ engine: StoreEngine) async throws {
    let batch = try await TemporaryBatch(engine, segments: [1, 2])
    let leases = try await batch.store.claim(2).segments.map(\.lease)
    var flush = Flush()
    flush.results = [(leases[1], completed(2)), (leases[0], completed(0)), (leases[1], failed(1))]
    let receipt = try await batch.store.commit(flush)
    #expect(Set(receipt.closed) == Set(leases.map(\.segment)))
    #expect(try await batch.store.allResults.map(\.job) == [2, 0, 1])
  }

  @Test(arguments: StoreEngine.allCases)
  func `are read on from a place in the order of their commits`(_ engine: StoreEngine)
    async throws
  {
    let batch = try await TemporaryBatch(engine, segments: [9])
    let lease = try #require(try await batch.store.claimOne()).lease
    let order = [4, 0, 8, 2, 6, 1]
    for job in order {
      let result = job % 4 == 0 ? failed(job) : completed(job)
      try await batch.store.commit([result], under: lease)
    }
    var read: [StoredResult] = []
    while true {
      let page = try await batch.store.results(after: read.last?.sequence ?? 0, limit: 4)
      if page.isEmpty { break }
      #expect(page.count <= 4)
      read += page
    }
    #expect(read.map(\.job) == order)
    #expect(read.map(\.state) == [.failed, .failed, .failed, .completed, .completed, .completed])
    #expect(read.map(\.sequence) == read.map(\.sequence).sorted())
  }

  @Test(arguments: StoreEngine.allCases)
  func `of no bytes and of any bytes come back as they were`(_ engine: StoreEngine) async throws {
    let batch = try await TemporaryBatch(engine, segments: [2])
    let lease = try #require(try await batch.store.claimOne()).lease
    let bytes = (0...255).map { UInt8($0) }
    let results = [
      JobResult(job: 0, state: .completed, line: OutputLine(bytes)),
      JobResult(job: 1, state: .failed, line: OutputLine([])),
    ]
    try await batch.store.commit(results, under: lease)
    #expect(try await batch.store.allResults.map(\.line.bytes) == [bytes, []])
  }

  @Test(arguments: StoreEngine.allCases)
  func `still to come remember the attempts and the time of the job`(_ engine: StoreEngine)
    async throws
  {
    let batch = try await TemporaryBatch(engine, segments: [2, 2])
    let claims = try await batch.store.claim(2).segments
    let early = RetryableJob(job: 1, attempts: 1, notBefore: 50, reason: "overloaded")
    let late = RetryableJob(job: 1, attempts: 2, notBefore: 90, reason: "the line was lost")
    for job in [early, late] { try await batch.store.commit(job, under: claims[0].lease) }
    try await batch.store.release(claims.map(\.lease))
    let again = try await batch.store.claim(2).segments
    #expect(again.map(\.retryable) == [[1: late], [:]])
    try await batch.store.commit([completed(1, hasRetried: true)], under: again[0].lease)
    try await batch.store.release(again.map(\.lease))
    #expect(try await batch.store.claimOne()?.retryable == [:])
  }

  @Test(arguments: StoreEngine.allCases)
  func `and traffic add up in the summary`(_ engine: StoreEngine) async throws {
    let batch = try await TemporaryBatch(engine)
    var expected = BatchSummary()
    expected.isQueue = engine != .run
    #expect(try await batch.store.summary() == expected)
    let bad = Segment(
      firstJob: 0,
      jobCount: 1,
      firstLine: 1,
      source: .inline([]),
      failures: [failed(0)]
    )
    _ = try await batch.store.append([bad] + drafts([4], from: 1), isLast: false)
    #expect(try await batch.store.summary().isInputComplete == false)
    _ = try await batch.store.append([], isLast: true)
    let lease = try #require(try await batch.store.claimOne()).lease
    let priced = completed(2, tokens: 1, cost: USD(nanos: 5))
    var flush = flush([completed(1, tokens: 10), priced, failed(3)], under: lease)
    flush.traffic = Traffic(requestsSent: 7, retries: 2, rateLimited: 1)
    flush.unanswered = USD(nanos: 4)
    for _ in 0..<2 { _ = try await batch.store.commit(flush) }
    expected.total = 5
    expected.completed = 2
    expected.failed = 2
    expected.traffic = Traffic(requestsSent: 14, retries: 4, rateLimited: 2)
    expected.inputTokens = 11
    expected.outputTokens = 22
    expected.cost = USD(nanos: 5)
    expected.unanswered = USD(nanos: 8)
    expected.unpriced = 1
    expected.isInputComplete = true
    #expect(try await batch.store.summary() == expected)
    #expect(expected.pending == 1)
  }

  @Test(arguments: StoreEngine.allCases)
  func `know how far each output file is on disk`(_ engine: StoreEngine) async throws {
    let batch = try await TemporaryBatch(engine)
    #expect(try await batch.store.exportPositions().isEmpty)
    let first = ExportPosition(state: .completed, offset: 100, sequence: 3)
    let other = ExportPosition(state: .failed, offset: 20, sequence: 2)
    let moved = ExportPosition(state: .completed, offset: 150, sequence: 5)
    for exports in [[first], [other, moved]] {
      var flush = Flush()
      flush.exports = exports
      _ = try await batch.store.commit(flush)
    }
    #expect(try await batch.store.exportPositions() == [moved, other])
  }
}
