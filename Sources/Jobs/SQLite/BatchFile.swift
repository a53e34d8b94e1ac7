import Foundation
import GRDB

/// How a batch file is held.
package enum BatchAccess: Sendable {
  /// By this process alone.
  case owner
  /// By any number of workers.
  case shared
}

/// Makes a database file ready to be worked on: its tables, its journal, its version.
struct BatchFile {
  let path: String
  let access: BatchAccess

  /// - Returns: the path of the input that the batch was about before, where it is about another one
  ///   now.
  /// - Throws: ``StoreError`` where the file is no batch, a newer one, or of another input.
  func prepare(_ db: Database, input: BatchInput) throws -> String? {
    if try !Self.isEmpty(db) {
      try Self.checkFormat(db, path: path)
      try Self.checkSegments(db, path: path)
      try checkInput(db, input: input)
    }
    try useDurableJournal(db)
    if try Self.version(of: db) < Schema.version { try update(db, input: input) }
    return try takeInput(input, db)
  }

  /// Takes the steps to this version; others who open the file may be at it too.
  private func update(_ db: Database, input: BatchInput) throws {
    try db.inImmediateTransaction { db in
      let version = try Self.version(of: db)
      for step in Schema.steps[version...] { try db.execute(sql: step) }
      if version == 0 {
        try db.execute(
          sql: Statements.insertBatch,
          arguments: [Self.now, input.kind.rawValue, input.path]
        )
      }
      try db.execute(
        sql: """
          PRAGMA application_id = \(Schema.applicationID);
          PRAGMA user_version = \(Schema.version);
          """
      )
    }
  }

  private static var now: Int { Int(Date().timeIntervalSince1970 * 1_000) }

  /// Makes every commit durable, and makes sure that SQLite heard it.
  private func useDurableJournal(_ db: Database) throws {
    let mode = access == .owner ? "wal" : "truncate"
    try db.execute(
      sql: """
        PRAGMA mmap_size = 0;
        PRAGMA journal_size_limit = 67108864;
        """
    )
    let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode = \(mode)")
    try db.execute(sql: "PRAGMA synchronous = FULL")
    let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
    guard journal == mode, synchronous == 2 else {
      throw DatabaseError(message: "durable commits are not available")
    }
    // After an fsync that failed, the log may be in memory only. This copies it to the file and
    // syncs that, before anything is built on it.
    if access == .owner { try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
  }

  /// True for a file without tables, whose owner we may become; any other is looked at first.
  private static func isEmpty(_ db: Database) throws -> Bool {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
  }

  /// - Throws: ``StoreError`` where segments do not hold each job once, or one is done that is not.
  private static func checkSegments(_ db: Database, path: String) throws {
    guard try Bool.fetchOne(db, sql: Statements.hasGaps) == false else {
      throw StoreError(damaged: "its jobs are not those that were queued", at: path)
    }
  }

  static func version(of db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
  }

  static func checkFormat(_ db: Database, path: String) throws {
    let version = try version(of: db)
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    guard application == Schema.applicationID else {
      throw StoreError(
        .damaged,
        "the file is not a nightjar batch",
        at: path,
        next: "choose another output, or move the file away"
      )
    }
    guard version > 0 else {
      throw StoreError(damaged: "its version is \(version)", at: path)
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
}
