import Jobs
import Testing

/// What every engine does with segments and their leases.
@Suite struct `A store's segments` {
  @Test(arguments: StoreEngine.allCases)
  func `are claimed in input order with what they came with`(_ engine: StoreEngine) async throws {
    let batch = try await TemporaryBatch(engine)
    let digest = [UInt8](repeating: 7, count: 32)
    let file = Segment(
      firstJob: 5,
      jobCount: 9,
      firstLine: 20,
      source: .file(offset: 300, length: 4_000, digest: digest),
      failures: []
    )
    _ = try await batch.store.append(drafts([2, 3]), isLast: false)
    _ = try await batch.store.append([file], isLast: true)
    let claimed = try await batch.store.claim(2).segments
    #expect(claimed.map(\.firstJob) == [0, 2])
    #expect(claimed.map(\.jobCount) == [2, 3])
    #expect(claimed.map(\.firstLine) == [1, 3])
    #expect(claimed.map(\.source) == drafts([2, 3]).map(\.source))
    let last = try #require(try await batch.store.claimOne())
    #expect(last.source == file.source)
    #expect(last.finished.isEmpty && last.retryable.isEmpty)
    #expect(try await batch.store.claimOne() == nil)
  }

  @Test(arguments: StoreEngine.allCases)
  func `that are handed back are claimed again at once`(_ engine: StoreEngine) async throws {
    let batch = try await TemporaryBatch(engine, segments: [1, 1])
    let claims = try await batch.store.claim(2).segments
    try await batch.store.release([claims[0].lease])
    let again = try #require(try await batch.store.claimOne())
    #expect(again.firstJob == 0)
    #expect(again.lease.epoch == claims[0].lease.epoch + 1)
    #expect(try await batch.store.claimOne() == nil)
  }

  @Test(arguments: StoreEngine.allCases)
  func `close when the last of their jobs has a result and not before`(_ engine: StoreEngine)
    async throws
  {
    let batch = try await TemporaryBatch(engine, segments: [4])
    let lease = try #require(try await batch.store.claimOne()).lease
    for job in [2, 0, 3, 2] {
      #expect(try await batch.store.commit([completed(job)], under: lease).closed.isEmpty)
    }
    #expect(try await batch.store.commit([failed(1)], under: lease).closed == [lease.segment])
    #expect(try await batch.store.claimOne() == nil)
  }

  @Test(arguments: StoreEngine.allCases)
  func `count the jobs that failed at reading as finished`(_ engine: StoreEngine) async throws {
    let batch = try await TemporaryBatch(engine)
    let mixed = Segment(
      firstJob: 0,
      jobCount: 3,
      firstLine: 1,
      source: .inline([]),
      failures: [failed(1)]
    )
    let hopeless = Segment(
      firstJob: 3,
      jobCount: 2,
      firstLine: 4,
      source: .inline([]),
      failures: [failed(3), failed(4)]
    )
    let stored = try await batch.store.append([mixed, hopeless], isLast: true)
    #expect(stored.map(\.job) == [1, 3, 4])
    #expect(stored.map(\.text) == ["failed 1", "failed 3", "failed 4"])
    #expect(stored.map(\.sequence) == stored.map(\.sequence).sorted())
    let claim = try #require(try await batch.store.claimOne())
    #expect(claim.finished == [1])
    #expect(try await batch.store.claimOne() == nil)
    let receipt = try await batch.store.commit([completed(0), completed(2)], under: claim.lease)
    #expect(receipt.closed == [claim.lease.segment])
  }

  @Test(arguments: StoreEngine.allCases)
  func `that are claimed again name the jobs that have a result`(_ engine: StoreEngine)
    async throws
  {
    let batch = try await TemporaryBatch(engine, segments: [2, 4])
    let claims = try await batch.store.claim(2).segments
    try await batch.store.commit([completed(3), failed(5)], under: claims[1].lease)
    try await batch.store.release(claims.map(\.lease))
    let again = try await batch.store.claim(9).segments
    #expect(again.map(\.finished) == [[], [3, 5]])
  }
}
