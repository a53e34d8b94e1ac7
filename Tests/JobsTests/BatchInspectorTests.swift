import Jobs
import Testing

@Suite struct `A look at a batch` {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("batch.nightjar")
  }

  private func batch() async throws -> SQLiteJobStore {
    let store = try SQLiteJobStore(
      path: path,
      input: BatchInput(kind: .file, path: "/in")
    )
    _ = try await store.append(drafts([6]), isLast: true)
    let lease = try #require(try await store.claimOne()).lease
    try await store.commit([completed(4), failed(1)], under: lease)
    try await store.commit([completed(0)], under: lease)
    return store
  }

  @Test func `shows what is committed while its owner works`() async throws {
    let store = try await batch()
    let inspector = try BatchInspector(path: path)
    #expect(try inspector.isRunning)
    #expect(try inspector.summary() == (try await store.summary()))
    #expect(try inspector.summary().pending == 3)
    let lease = SegmentLease(segment: 1, epoch: 1)
    try await store.commit([completed(5)], under: lease)
    #expect(try inspector.summary().completed == 3)
  }

  @Test func `shows the same after its owner has gone`() async throws {
    do { try await batch().close(isClean: true) }
    let inspector = try BatchInspector(path: path)
    #expect(try !inspector.isRunning)
    #expect(try inspector.summary().completed == 2)
    #expect(try inspector.summary().total == 6)
  }

  @Test func `gives results in the order of commits or of the input`() async throws {
    let store = try await batch()
    let inspector = try BatchInspector(path: path)
    #expect(try inspector.results(after: 0, limit: 9).map(\.job) == [4, 1, 0])
    #expect(try inspector.results(after: 1, limit: 1).map(\.job) == [1])
    #expect(try inspector.results(.completed, afterJob: -1, limit: 9).map(\.job) == [0, 4])
    #expect(try inspector.results(.completed, afterJob: 0, limit: 9).map(\.job) == [4])
    #expect(try inspector.results(.failed, afterJob: -1, limit: 9).map(\.text) == ["failed 1"])
    try store.close(isClean: true)
  }

  @Test func `needs a batch`() throws {
    #expect { try BatchInspector(path: path) } throws: {
      ($0 as? StoreError)?.code == .inputMissing
    }
    try folder.write(String(repeating: "text ", count: 200), to: "batch.nightjar")
    #expect { try BatchInspector(path: path) } throws: { ($0 as? StoreError)?.code == .damaged }
    #expect(try folder.names == ["batch.nightjar"])
  }
}
