import Foundation
import GRDB

/// What makes a process a worker of a batch: its number, and files that tell that it lives.
struct Membership: Sendable {
  /// Under which leases are held; a new one after each absence (a fencing token).
  private(set) var worker: Int
  let files: WorkerFiles
  private let tag: String
  /// nil for a visitor.
  private let lock: WorkerLock?

  /// Of a process that changes a batch and takes no jobs: others neither see nor wait for it.
  static func visitor(of batch: String) -> Membership {
    let tag = "visitor"
    return Membership(worker: 0, files: WorkerFiles(batch: batch, tag: tag), tag: tag, lock: nil)
  }

  /// Adds this process to the workers of a batch.
  ///
  /// Its files are locked before anybody else can see its row, who would hold it for dead otherwise.
  static func join(
    _ db: Database,
    batch: String,
    clock: LeaseClock,
    leaseEnd: Int
  ) throws -> Membership {
    try db.inImmediateTransaction { db in
      let worker = try insert(db, tag: "", clock: clock, leaseEnd: leaseEnd)
      let tag = "w\(worker)"
      try db.execute(sql: Statements.tagWorker, arguments: [tag, worker])
      let files = WorkerFiles(batch: batch, tag: tag)
      return Membership(worker: worker, files: files, tag: tag, lock: try WorkerLock(files))
    }
  }

  /// Adds it once more, after others took it for dead; what it held is no longer its own.
  mutating func rejoin(_ db: Database, clock: LeaseClock, leaseEnd: Int) throws {
    worker = try Self.insert(db, tag: tag, clock: clock, leaseEnd: leaseEnd)
  }

  private static func insert(
    _ db: Database,
    tag: String,
    clock: LeaseClock,
    leaseEnd: Int
  ) throws -> Int {
    try db.execute(
      sql: Statements.join,
      arguments: [
        ProcessInfo.processInfo.processIdentifier, Int(Date().timeIntervalSince1970 * 1_000),
        clock.boot, leaseEnd, tag, 0,
      ]
    )
    return Int(db.lastInsertedRowID)
  }
}
