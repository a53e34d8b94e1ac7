import Foundation
import GRDB

/// A batch in one SQLite file: one owning process, one connection that alone writes and checkpoints.
///
/// SQLite before 3.51.3 can corrupt a WAL database when one connection checkpoints while another
/// commits (sqlite.org/wal.html#walresetbug), so no second writer is ever opened.
package final class SQLiteJobStore: JobStore {
  let database: DatabaseQueue
  package let path: String
  private let lock: BatchLock
  /// Jobs that were on their way when an earlier owner died.
  package let unknown: Set<Int>
  /// Jobs whose answers an earlier owner had kept and not committed when it died.
  package let recovered: [Int]

  /// Opens the batch at `path` as its owner, creating it where there is none.
  ///
  /// Leases of an earlier owner are handed back: the lock proves that it is dead.
  ///
  /// - Parameters:
  ///   - input: what the batch is about; must be the same at every opening.
  ///   - now: milliseconds since 1970.
  /// - Throws: ``StoreError``.
  package init(path: String, input: BatchInput, now: Int) throws(StoreError) {
    self.path = path
    lock = try BatchLock(path: path)
    let inFlight = SendJournal.record(at: path + "-sent")
    let answers = AnswerJournal.answers(besides: path)
    recovered = answers.map(\.result.job)
    do {
      database = try DatabaseQueue(path: path, configuration: Self.configuration(readOnly: false))
      unknown = try database.writeWithoutTransaction { db in
        let isNew = try Self.isEmpty(db)
        if !isNew { try Self.checkFormat(db, path: path) }
        try Self.useDurableJournal(db)
        if isNew { try Self.createTables(db, input: input, now: now) }
        try Self.checkInput(db, input: input, path: path)
        return try Self.takeOver(db, inFlight: inFlight, answers: answers)
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(error, at: path)
    }
  }

  static func configuration(readOnly: Bool) -> Configuration {
    var configuration = Configuration()
    configuration.label = "nightjar.batch"
    configuration.readonly = readOnly
    configuration.busyMode = .timeout(5)
    configuration.foreignKeysEnabled = false
    return configuration
  }

  /// Turns WAL on with an fsync at every commit, and makes sure that SQLite heard it.
  private static func useDurableJournal(_ db: Database) throws {
    try db.execute(
      sql: """
        PRAGMA mmap_size = 0;
        PRAGMA journal_size_limit = 67108864;
        """
    )
    let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
    try db.execute(sql: "PRAGMA synchronous = FULL")
    let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
    guard journal == "wal", synchronous == 2 else {
      throw DatabaseError(message: "durable WAL commits are not available")
    }
  }

  /// True for a file without tables, whose owner we may become; any other is looked at first.
  private static func isEmpty(_ db: Database) throws -> Bool {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
  }

  private static func createTables(_ db: Database, input: BatchInput, now: Int) throws {
    try db.inTransaction(.immediate) {
      try db.execute(sql: Schema.tables)
      try db.execute(
        sql: Statements.insertBatch,
        arguments: [now, input.kind.rawValue, input.path]
      )
      try db.execute(
        sql: """
          PRAGMA application_id = \(Schema.applicationID);
          PRAGMA user_version = \(Schema.version);
          """
      )
      return .commit
    }
  }

  static func checkFormat(_ db: Database, path: String) throws {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    guard application == Schema.applicationID else {
      throw StoreError(
        .damaged,
        "the file is not a nightjar batch",
        at: path,
        next: "choose another output, or move the file away"
      )
    }
    guard version <= Schema.version else {
      throw StoreError(
        .newerFormat,
        "the batch was written by a newer version (format \(version))",
        at: path,
        next: "update nightjar, or choose another output"
      )
    }
  }

  private static func checkInput(_ db: Database, input: BatchInput, path: String) throws {
    guard let row = try Row.fetchOne(db, sql: Statements.input) else {
      throw DatabaseError(message: "the batch row is missing")
    }
    let recorded: String = row["input_path"]
    let kind: String = row["input_kind"]
    guard kind == input.kind.rawValue, recorded == input.path else {
      throw StoreError(
        .inputChanged,
        "the batch was started with another input, \(recorded)",
        at: path,
        next: "run it with that input, or choose another output for this one"
      )
    }
  }

  /// Commits the answers that a dead owner could not, hands back its leases, and says which of its
  /// requests may have been billed without an answer.
  private static func takeOver(
    _ db: Database,
    inFlight: SendJournal.Record,
    answers: [(lease: SegmentLease, result: JobResult)]
  ) throws -> Set<Int> {
    var unknown: Set<Int> = []
    var unanswered = USD.zero
    try db.inTransaction(.immediate) {
      var flush = Flush()
      flush.results = answers
      flush.traffic.requestsSent = answers.count
      _ = try commit(flush, leaseEnd: 0, in: db)
      try db.execute(sql: Statements.releaseAll)
      for (job, worst) in inFlight.jobs {
        let finished = try Int.fetchOne(
          db,
          sql: Statements.finishedJobs,
          arguments: [job, job + 1]
        )
        guard finished == nil else { continue }
        unknown.insert(job)
        unanswered += worst
      }
      try db.execute(
        sql: Statements.takeOver,
        arguments: [
          ProcessInfo.processInfo.processIdentifier, unknown.count, inFlight.unanswered.nanos,
          unanswered.nanos,
        ]
      )
      return .commit
    }
    return unknown
  }

  /// Checkpoints and closes the file; the lock goes with the last reference.
  package func close() throws {
    do {
      try database.writeWithoutTransaction { db in
        try db.execute(sql: "UPDATE batch SET owner_pid = 0")
      }
      try database.close()
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// Runs one durable transaction off the caller's thread.
  func transaction<T: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> T
  ) async throws -> T {
    do {
      return try await database.write(body)
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// Reads off the caller's thread.
  func reading<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
    do {
      return try await database.read(body)
    } catch {
      throw StoreError(error, at: path)
    }
  }
}

extension StoreError {
  /// Says what a failure of SQLite means for the user.
  init(_ error: any Error, at path: String) {
    if let error = error as? StoreError {
      self = error
      return
    }
    let code = (error as? DatabaseError)?.resultCode
    let text = (error as? DatabaseError)?.message ?? String(describing: error)
    switch code {
    case .SQLITE_FULL:
      self.init(
        .diskFull,
        "the disk is full",
        at: path,
        next: "free some space and run the same command; finished jobs will not be sent again"
      )
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
      self.init(
        .notWritable,
        "the batch file cannot be written: \(text)",
        at: path,
        next: "choose an output in a folder that you can write to"
      )
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      self.init(
        .damaged,
        "the batch file is damaged: \(text)",
        at: path,
        next: "keep a copy of it, then start again with another output"
      )
    default:
      self.init(
        .inputOutput,
        "the batch file failed: \(text)",
        at: path,
        next: "check the disk and run the same command"
      )
    }
  }
}
