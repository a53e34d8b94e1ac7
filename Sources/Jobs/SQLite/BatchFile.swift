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

  /// - Throws: ``StoreError`` where the file is no batch, a newer one, or of another input.
  func prepare(_ db: Database, input: BatchInput) throws {
    if try !Self.isEmpty(db) {
      try Self.checkFormat(db, path: path)
      try checkInput(db, input: input)
    }
    try useDurableJournal(db)
    if try Self.version(of: db) < Schema.version { try update(db, input: input) }
    try checkInput(db, input: input)
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
  }

  /// True for a file without tables, whose owner we may become; any other is looked at first.
  private static func isEmpty(_ db: Database) throws -> Bool {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
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
    guard version <= Schema.version else {
      throw StoreError(
        .newerFormat,
        "the batch was written by a newer version (format \(version))",
        at: path,
        next: "update nightjar, or choose another output"
      )
    }
  }

  private func checkInput(_ db: Database, input: BatchInput) throws {
    let recorded = try Self.input(of: db)
    guard recorded != input else { return }
    if recorded.kind == .queue || input.kind == .queue {
      throw StoreError(
        .inputChanged,
        recorded.kind == .queue ? "this is a queue" : "this is the batch of a run, not a queue",
        at: path,
        next: recorded.kind == .queue
          ? "work on it with `nightjar work --queue`, or choose another output"
          : "go on with `nightjar run`, or choose another queue"
      )
    }
    throw StoreError(
      .inputChanged,
      "the batch was started with another input, \(recorded.path)",
      at: path,
      next: "run it with that input, or choose another output for this one"
    )
  }

  /// What the batch was started with.
  static func input(of db: Database) throws -> BatchInput {
    guard let row = try Row.fetchOne(db, sql: Statements.input) else {
      throw DatabaseError(message: "the batch row is missing")
    }
    let kind = BatchInput.Kind(rawValue: row["input_kind"])
    return BatchInput(kind: kind ?? .file, path: row["input_path"])
  }
}
