import Foundation
import GRDB

/// Reads a batch that another process may be working on, without ever writing to it.
package struct BatchInspector: Sendable {
  private let database: DatabaseQueue
  private let path: String

  /// - Throws: ``StoreError`` when there is no batch at `path` or it cannot be read.
  package init(path: String) throws(StoreError) {
    self.path = path
    guard FileManager.default.fileExists(atPath: path) else {
      throw StoreError(
        .inputMissing,
        "there is no batch here",
        at: path,
        next: "name the output of a run (such as results.jsonl), its job file, or a queue"
      )
    }
    do {
      database = try DatabaseQueue(path: path, configuration: Self.configuration)
      let version = try database.read { db in
        try BatchFile.checkFormat(db, path: path)
        return try BatchFile.version(of: db)
      }
      if version < Schema.version { try Self.update(path) }
    } catch {
      throw StoreError(error, at: path)
    }
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "nightjar.inspector"
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    return configuration
  }

  /// Brings a batch of an older version up to date, which only its owner may.
  private static func update(_ path: String) throws {
    let store = try SQLiteJobStore(changing: path)
    try store.close(isClean: true)
  }

  /// What the batch was started with.
  package func input() throws(StoreError) -> BatchInput {
    try read { db in try BatchFile.input(of: db) }
  }

  /// Who works on the batch, and how they stand.
  package func workers(at clock: LeaseClock = .system) throws(StoreError)
    -> [(record: WorkerRecord, state: WorkerRecord.State)]
  {
    try read { db in try WorkerRecord.all(in: db) }.map { record in
      let isAlive = WorkerLock.isHeld(WorkerFiles(batch: path, tag: record.tag))
      return (record, record.state(isAlive: isAlive, at: clock))
    }
  }

  /// True while any process works on the batch, even if it does not run.
  package var isRunning: Bool {
    get throws(StoreError) { try workers().contains { $0.state != .dead } }
  }

  /// True when the file at `path` is a database rather than results.
  package static func isBatch(_ path: String) -> Bool {
    let file = FileHandle(forReadingAtPath: path)
    let start = try? file?.read(upToCount: 16)
    return start.map { $0.starts(with: Data("SQLite format 3".utf8)) } ?? false
  }

  /// Where the batch stands.
  package func summary() throws(StoreError) -> BatchSummary {
    try read { db in try SQLiteJobStore.summary(in: db) }
  }

  /// A page of results of one state, in input order; `job` is the last one of the page before.
  ///
  /// Pages are short reads, so that a long export does not keep a worker from checkpointing.
  package func results(_ state: JobResult.State, afterJob job: Int, limit: Int)
    throws(StoreError) -> [StoredResult]
  {
    try page(Statements.orderedResults, [job, state.rawValue, limit])
  }

  /// A page of results in the order of their commits.
  package func results(after sequence: Int, limit: Int) throws(StoreError) -> [StoredResult] {
    try page(Statements.results, [sequence, limit])
  }

  private func page(_ sql: String, _ arguments: StatementArguments) throws(StoreError)
    -> [StoredResult]
  {
    try read { db in
      try SQLiteJobStore.results(db.cachedStatement(sql: sql), arguments: arguments)
    }
  }

  private func read<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
    do { return try database.read(body) } catch { throw StoreError(error, at: path) }
  }
}
