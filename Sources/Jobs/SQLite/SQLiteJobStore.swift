import Foundation
import GRDB
import Synchronization

/// A batch in one SQLite file, as one worker sees it: one connection, on which everything is serial.
///
/// SQLite before 3.51.3 can corrupt a WAL database when one connection checkpoints while another
/// commits (sqlite.org/wal.html#walresetbug). So a batch that one process owns is in WAL mode, and a
/// queue that several write keeps a rollback journal.
package final class SQLiteJobStore: BatchStore {
  let database: DatabaseQueue
  package let path: String
  let access: BatchAccess
  let clock: LeaseClock
  /// How long a worker that is not heard of keeps its jobs, in milliseconds.
  let lease: Int
  /// Takes in what dead workers leave behind; nil for one who leaves that to the next worker.
  let recoverer: WorkerRecovery?
  let membership: Mutex<Membership>
  package let files: WorkerFiles
  package let recovery: Recovery
  private let lock: BatchLock
  private let log = WriteAheadLog()
  private let rescue: BatchRescue

  /// Opens the batch at `path`, creating it where there is none; a file of an older version is
  /// brought up to date.
  ///
  /// What dead workers left behind is taken in; the lock of an owner proves that all others are dead.
  ///
  /// - Parameters:
  ///   - input: what the batch is about; must be the same at every opening.
  ///   - access: whether other workers may be at work too.
  ///   - isWorker: false for a visitor, which changes the batch and takes no jobs.
  ///   - lease: how long a worker that is not heard of keeps its jobs.
  ///   - onUnknown: what is done with jobs that were on their way when their worker died; nil to
  ///     leave all that dead workers left behind to the next worker, who knows what its user wants.
  ///   - onWait: told while another program keeps the file from everybody.
  /// - Throws: ``StoreError``.
  package init(
    path: String,
    input: BatchInput,
    access: BatchAccess = .owner,
    isWorker: Bool = true,
    clock: LeaseClock = .system,
    lease: Duration = .seconds(60),
    onUnknown: OnUnknown? = .resend,
    onWait: @escaping @Sendable (LockWait) -> Void = { _ in }
  ) throws(StoreError) {
    self.path = path
    self.access = access
    self.clock = clock
    self.lease = Int(lease / .milliseconds(1))
    if FileKind(at: path) == .absent { try ForeignFile.refuse(beside: path) }
    try ForeignFile.refuse(inPlaceOfJournalsOf: path)
    lock = try BatchLock(path: path, access: access)
    rescue = BatchRescue(path: path, access: access, lock: lock)
    recoverer = onUnknown.map {
      WorkerRecovery(batch: path, clock: clock, onUnknown: $0, access: access)
    }
    do {
      let configuration = Self.configuration(of: lock, at: path, patience: lease, onWait: onWait)
      database = try DatabaseQueue(path: path, configuration: configuration)
      let leaseEnd = clock.now + self.lease
      let (joined, recovery) = try database.writeWithoutTransaction { [recoverer, log] db in
        try db.explained(at: path) {
          let replaced = try BatchFile(path: path, access: access).prepare(db, input: input)
          if access == .owner { log.follow(db) }
          let joined =
            isWorker
            ? try Membership.join(db, batch: path, clock: clock, leaseEnd: leaseEnd)
            : Membership.visitor(of: path)
          CrashPoint.reached(.joined)
          guard let recoverer else { return (joined, Recovery()) }
          try recoverer.sweep(db)
          var recovery = try recoverer.takeIn(db, besides: joined.worker)
          recovery.replacedInput = replaced
          return (joined, recovery)
        }
      }
      files = joined.files
      membership = Mutex(joined)
      self.recovery = recovery
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// Does not keep the lock: a database can outlive its last user by a moment, on another thread.
  private static func configuration(
    of lock: BatchLock,
    at path: String,
    patience: Duration,
    onWait: @escaping @Sendable (LockWait) -> Void
  ) -> Configuration {
    let holder = LockHolder(batch: path, patience: patience, onWait: onWait)
    var configuration = Configuration.distrusting(label: "nightjar.batch")
    configuration.busyMode = .callback { [weak lock] count in
      lock.map { holder.wait(again: count, for: $0) } != nil
    }
    return configuration
  }

  package var warning: String? { lock.warning }

  /// The number under which this worker holds its leases now.
  package var worker: Int { membership.withLock { $0.worker } }

  package func close(isClean: Bool) throws(StoreError) {
    do {
      try database.writeWithoutTransaction { db in try rescue.check(db) }
      if isClean {
        let worker = worker
        try database.write { db in
          try db.execute(sql: Statements.releaseAll, arguments: [worker])
          try db.execute(sql: Statements.leave, arguments: [worker])
        }
      }
      try database.close()
      if isClean { files.remove() }
      lock.release()
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// Runs one durable transaction off the caller's thread.
  ///
  /// - Parameter bytes: about how much it writes, for the message when there is no room.
  func transaction<T: Sendable>(
    writing bytes: Int? = nil,
    _ body: @escaping @Sendable (Database) throws -> T
  ) async throws -> T {
    try await writing { [path, log] db in
      try db.explained(at: path, needing: bytes) {
        let value = try db.inImmediateTransaction(body)
        try log.checkpointIfLong(db)
        return value
      }
    }
  }

  /// Writes off the caller's thread, in transactions of its own.
  func writing<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
    do {
      return try await database.writeWithoutTransaction { [path, rescue] db in
        let result = Result { try db.explained(at: path) { try body(db) } }
        try rescue.check(db)
        return try result.get()
      }
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// Reads off the caller's thread.
  func reading<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
    do {
      return try await database.read { [path] db in try db.explained(at: path) { try body(db) } }
    } catch {
      throw StoreError(error, at: path)
    }
  }
}

extension Database {
  /// Commits what `body` does, or none of it; takes the right to write at its start, since one that
  /// is only asked for later can be refused for good (SQLITE_BUSY_SNAPSHOT).
  func inImmediateTransaction<T>(_ body: (Database) throws -> T) throws -> T {
    var value: T?
    try inTransaction(.immediate) {
      value = try body(self)
      return .commit
    }
    guard let value else { throw DatabaseError(message: "a transaction ended without its value") }
    return value
  }
}
