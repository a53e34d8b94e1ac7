import Foundation
import Jobs
import Testing

/// A stored batch of the first released schema, killed in the middle of its run.
struct MigrationTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("old.jsonl.nightjar")
    let stored = try #require(Bundle.module.url(forResource: "Resources", withExtension: nil))
      .appendingPathComponent("version1")
    for name in try FileManager.default.contentsOfDirectory(atPath: stored.path) {
      try folder.write(
        Array(try Data(contentsOf: stored.appendingPathComponent(name))),
        to: name
      )
    }
  }

  private func open() throws -> SQLiteJobStore {
    try SQLiteJobStore(path: path, input: BatchInput(kind: .pipe, path: "-"))
  }

  @Test func `is brought up to date with all that it knew`() async throws {
    let store = try open()
    #expect(store.recovery.unknown.count == 10)
    let summary = try await store.summary()
    #expect(summary.total == 150)
    #expect(summary.completed == 70)
    #expect(summary.failed == 1)
    #expect(summary.unknown == 10)
    #expect(summary.traffic.requestsSent == 80)
    #expect(summary.isInputComplete)
    let results = try await store.allResults
    #expect(results.count == 71)
    let exported = try folder.read("old.jsonl").split(separator: "\n")
    let completed = results.filter { $0.state == .completed }.map(\.text)
    #expect(completed.starts(with: exported.map(String.init)))
    #expect(!exported.isEmpty)
    try store.close(isClean: true)
  }

  @Test func `goes on with the jobs that were left`() async throws {
    let store = try open()
    let segment = try #require(try await store.claimOne())
    #expect(segment.finished.count == 71)
    let left = (0..<150).filter { !segment.finished.contains($0) }
    #expect(Set(left).isSuperset(of: store.recovery.unknown))
    try await store.commit(left.map { completed($0) }, under: segment.lease)
    #expect(try await store.claimOne() == nil)
    #expect(try await store.summary().isDrained)
    try store.close(isClean: true)
  }

  @Test func `can be looked at, before anybody goes on with it`() throws {
    let inspector = try SQLiteInspector(path: path)
    #expect(try inspector.summary().completed == 70)
    #expect(try inspector.summary().unknown + inspector.recovery().unknown.count == 10)
    #expect(try inspector.pageFindings() == [])
    #expect(try inspector.countFindings() == [])
  }

  @Test func `is what a new batch is, once it is brought up to date`() throws {
    try open().close(isClean: true)
    let new = folder.file("new.nightjar")
    try SQLiteJobStore(path: new, input: BatchInput(kind: .pipe, path: "-")).close(isClean: true)
    #expect(try SQLiteInspector(path: path).schema() == SQLiteInspector(path: new).schema())
  }
}
