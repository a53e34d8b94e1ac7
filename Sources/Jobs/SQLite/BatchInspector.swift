import Foundation
import GRDB

/// Reads a batch that another process may be working on, without ever writing to it.
package struct BatchInspector: Sendable {
  private let database: DatabaseQueue
  private let path: String
  /// True when a process worked on the batch as this was made.
  ///
  /// Asked before SQLite opens the file: closing the descriptor that asks would drop SQLite's own locks.
  package let isRunning: Bool

  /// - Throws: ``StoreError`` when there is no batch at `path` or it cannot be read.
  package init(path: String) throws(StoreError) {
    self.path = path
    isRunning = BatchLock.isHeld(path: path)
    guard FileManager.default.fileExists(atPath: path) else {
      throw StoreError(
        .inputMissing,
        "there is no batch here",
        at: path,
        next: "name the output of a run (such as results.jsonl) or its job file"
      )
    }
    do {
      database = try DatabaseQueue(
        path: path,
        configuration: SQLiteJobStore.configuration(readOnly: true)
      )
      try database.read { db in try SQLiteJobStore.checkFormat(db, path: path) }
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// True when the file at `path` is a database rather than results.
  package static func isBatch(_ path: String) -> Bool {
    let file = FileHandle(forReadingAtPath: path)
    let start = try? file?.read(upToCount: 16)
    return start.map { $0.starts(with: Data("SQLite format 3".utf8)) } ?? false
  }

  /// Where the batch stands.
  package func summary() throws(StoreError) -> BatchSummary {
    do {
      return try database.read { db in try SQLiteJobStore.summary(in: db) }
    } catch {
      throw StoreError(error, at: path)
    }
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
    do {
      return try database.read { db in
        try SQLiteJobStore.results(db.cachedStatement(sql: sql), arguments: arguments)
      }
    } catch {
      throw StoreError(error, at: path)
    }
  }
}
