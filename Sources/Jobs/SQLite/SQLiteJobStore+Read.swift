import Foundation
import GRDB

extension SQLiteJobStore {
  package func summary() async throws -> BatchSummary {
    try await reading { db in try Self.summary(in: db) }
  }

  static func summary(in db: Database) throws -> BatchSummary {
    guard let row = try Row.fetchOne(db, sql: Statements.summary) else { return BatchSummary() }
    var summary = BatchSummary()
    summary.total = row["total"]
    summary.completed = row["completed"]
    summary.failed = row["failed"]
    summary.cancelled = row["cancelled"]
    summary.held = row["held"]
    summary.unknown = row["unknown"]
    summary.late = row["late"]
    summary.lateKept = row["late_kept"]
    summary.traffic = Traffic(
      requestsSent: row["requests_sent"],
      retries: row["retries"],
      rateLimited: row["rate_limited"]
    )
    summary.inputTokens = row["input_tokens"]
    summary.outputTokens = row["output_tokens"]
    summary.cost = USD(nanos: row["cost_nanos"])
    summary.unanswered = USD(nanos: row["unanswered_nanos"])
    summary.unpriced = row["unpriced"]
    summary.isInputComplete = row["input_complete"]
    summary.accounts = row["accounts"]
    summary.isQueue = row["input_kind"] == BatchInput.Kind.queue.rawValue
    return summary
  }

  package func results(after sequence: Int, limit: Int) async throws -> [StoredResult] {
    try await reading { db in
      try Self.results(
        db.cachedStatement(sql: Statements.results),
        arguments: [sequence, limit]
      )
    }
  }

  /// The results that a statement finds, up to the one with which they hold more bytes than a page
  /// of them may.
  static func results(_ statement: Statement, arguments: StatementArguments) throws
    -> [StoredResult]
  {
    let rows = try Row.fetchCursor(statement, arguments: arguments)
    var results: [StoredResult] = []
    var bytes = 0
    while bytes < StoredResult.pageBytes, let row = try rows.next() {
      let line = try row.withUnsafeData(named: "line") { [UInt8]($0 ?? Data()) }
      bytes += line.count
      results.append(
        StoredResult(
          sequence: row["sequence"],
          job: row["job"],
          state: JobResult.State(rawValue: row["state"]) ?? .failed,
          line: line
        )
      )
    }
    return results
  }

  package func causes(_ limit: Int) async throws -> [ResultCause] {
    try await reading { db in try Self.causes(limit, in: db) }
  }

  static func causes(_ limit: Int, in db: Database) throws -> [ResultCause] {
    try Row.fetchAll(db, sql: Statements.causes, arguments: [limit]).map { row in
      let example = try Row.fetchOne(
        db,
        sql: "SELECT job, line FROM result WHERE sequence = ?",
        arguments: [row["first"] as Int]
      )
      return ResultCause(
        state: JobResult.State(rawValue: row["state"]) ?? .failed,
        cause: row["cause"],
        jobs: row["jobs"],
        job: example?["job"] as Int? ?? 0,
        example: [UInt8](example?["line"] as Data? ?? Data())
      )
    }
  }

  package func exportPositions() async throws -> [ExportPosition] {
    try await reading { db in try Self.exportPositions(in: db) }
  }

  static func exportPositions(in db: Database) throws -> [ExportPosition] {
    try Row.fetchAll(db, sql: Statements.exportPositions).map { row in
      ExportPosition(
        state: JobResult.State(rawValue: row["state"]) ?? .failed,
        offset: row["offset"],
        sequence: row["sequence"]
      )
    }
  }

  package func segments(
    after segment: Int,
    limit: Int
  ) async throws -> [(number: Int, segment: Segment)] {
    try await reading { db in
      let statement = try db.cachedStatement(sql: Statements.segmentsAfter)
      return try Row.fetchAll(statement, arguments: [segment, limit])
        .map { ($0["segment"], Self.segment(of: $0)) }
    }
  }

  static func segment(of row: Row) -> Segment {
    Segment(
      firstJob: row["first_job"],
      jobCount: row["job_count"],
      firstLine: row["first_line"],
      source: source(of: row),
      priority: row["priority"],
      marks: marks(of: row)
    )
  }

  package func inputIdentity() async throws -> FileIdentity? {
    try await reading { db in
      guard let row = try Row.fetchOne(db, sql: Statements.input), row["input_inode"] != 0 else {
        return nil
      }
      return FileIdentity(
        device: row["input_device"],
        inode: row["input_inode"],
        size: row["input_size"],
        modified: row["input_modified_ns"]
      )
    }
  }

  package func recordInputIdentity(_ identity: FileIdentity) async throws {
    try await transaction { db in try Self.record(identity, in: db) }
  }

  package func moveInput(to input: BatchInput) async throws {
    try await transaction { db in
      try db.execute(sql: Statements.moveInput, arguments: [input.kind.rawValue, input.path])
    }
  }

  static func record(_ identity: FileIdentity?, in db: Database) throws {
    try db.execute(
      sql: Statements.recordIdentity,
      arguments: [
        identity?.device ?? 0, identity?.inode ?? 0, identity?.size ?? 0, identity?.modified ?? 0,
      ]
    )
  }

  /// What SQLite says about its last commit: the journal mode, and the level of `synchronous`
  /// (1 is NORMAL, 2 is FULL), read back because a connection may not have heard what it was told.
  package func durability() async throws -> (journal: String, synchronous: Int) {
    try await reading { db in
      (
        try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "",
        try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? 0
      )
    }
  }
}
