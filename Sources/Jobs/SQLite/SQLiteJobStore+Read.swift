import Foundation
import GRDB

extension SQLiteJobStore {
  package func summary() async throws -> BatchSummary {
    try await reading { db in try Self.summary(in: db) }
  }

  static func summary(in db: Database) throws -> BatchSummary {
    guard let row = try Row.fetchOne(db, sql: Statements.summary) else { return BatchSummary() }
    var summary = BatchSummary()
    summary.total = try row.number("total")
    summary.completed = try row.number("completed")
    summary.failed = try row.number("failed")
    summary.cancelled = try row.number("cancelled")
    summary.held = try row.number("held")
    summary.unknown = try row.number("unknown")
    summary.late = try row.number("late")
    summary.lateKept = try row.number("late_kept")
    summary.traffic = Traffic(
      requestsSent: try row.number("requests_sent"),
      retries: try row.number("retries"),
      rateLimited: try row.number("rate_limited")
    )
    summary.inputTokens = try row.number("input_tokens")
    summary.outputTokens = try row.number("output_tokens")
    summary.cost = try row.amount("cost_nanos")
    summary.unanswered = try row.amount("unanswered_nanos")
    summary.unpriced = try row.number("unpriced")
    summary.isInputComplete = try row.number("input_complete") != 0
    summary.accounts = try row.text("accounts")
    summary.isQueue = try row.text("input_kind") == BatchInput.Kind.queue.rawValue
    return summary
  }

  package func results(after sequence: Int, limit: Int) async throws -> [StoredResult] {
    try await reading { db in
      try Self.results(after: sequence, limit: limit, in: db)
    }
  }

  static func results(after sequence: Int, limit: Int, in db: Database) throws -> [StoredResult] {
    try results(Statements.results, [sequence, limit], by: \.sequence, after: sequence, in: db)
  }

  /// The results that a statement finds, up to the one with which they hold more bytes than a page of
  /// them may.
  ///
  /// Rows that do not rise by their key would be read for ever, or twice.
  static func results(
    _ sql: String,
    _ arguments: StatementArguments,
    by key: KeyPath<StoredResult, Int>,
    after last: Int,
    in db: Database
  ) throws -> [StoredResult] {
    let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
    var results: [StoredResult] = []
    var (last, bytes) = (last, 0)
    while bytes < StoredResult.pageBytes, let row = try rows.next() {
      let result = try result(of: row, in: db)
      guard result[keyPath: key] > last else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "results are out of order")
      }
      last = result[keyPath: key]
      bytes += result.line.count
      results.append(result)
    }
    return results
  }

  private static func result(of row: Row, in db: Database) throws -> StoredResult {
    let (job, state, sequence) = (
      try row.number("job"), try state(of: row), try row.number("sequence")
    )
    let line = OutputLine(try line(of: row, sequence, in: db))
    let digest = try row.integerIfAny("digest")
    let expected = ResultDigest(job: job, state: state, line: line).number
    return StoredResult(
      sequence: sequence,
      job: job,
      state: state,
      line: line,
      isAsStored: try digest == expected || digest == nil && isUndigested(sequence, in: db)
    )
  }

  /// Whether a result is older than digests are; asked only of one that has none, so that what is
  /// sound can be read while the page that tells is damaged.
  private static func isUndigested(_ sequence: Int, in db: Database) throws -> Bool {
    let last = try db.cachedStatement(sql: "SELECT undigested FROM batch")
    return try sequence <= Int.fetchOne(last) ?? 0
  }

  private static func line(of row: Row, _ sequence: Int, in db: Database) throws -> [UInt8] {
    // Without a copy of its own; what is no blob is not what was stored either.
    let line = try row.withUnsafeData(named: "line") { [UInt8]($0 ?? Data()) }
    return line.isEmpty ? try LargeLine.read(of: sequence, in: db) ?? [] : line
  }

  private static func state(of row: Row) throws -> JobResult.State {
    guard let state = JobResult.State(rawValue: try row.number("state")) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a result is neither good nor bad")
    }
    return state
  }

  package func causes(_ limit: Int) async throws -> [ResultCause] {
    try await reading { db in try Self.causes(limit, in: db) }
  }

  static func causes(_ limit: Int, in db: Database) throws -> [ResultCause] {
    try Row.fetchAll(db, sql: Statements.causes, arguments: [limit]).map { row in
      let example = try Row.fetchOne(
        db,
        sql: "SELECT job, line FROM result WHERE sequence = ?",
        arguments: [try row.number("first")]
      )
      return ResultCause(
        state: try state(of: row),
        cause: try row.text("cause"),
        jobs: try row.number("jobs"),
        job: try example?.number("job") ?? 0,
        example: try example.map { try line(of: $0, row.number("first"), in: db) } ?? []
      )
    }
  }

  package func exportPositions() async throws -> [ExportPosition] {
    try await reading { db in try Self.exportPositions(in: db) }
  }

  static func exportPositions(in db: Database) throws -> [ExportPosition] {
    try Row.fetchAll(db, sql: Statements.exportPositions).map { row in
      ExportPosition(
        state: try state(of: row),
        offset: try row.number("offset"),
        sequence: try row.number("sequence")
      )
    }
  }

  package func segments(
    after segment: Int,
    limit: Int
  ) async throws -> [(number: Int, segment: Segment)] {
    try await reading { db in try Self.segments(after: segment, limit: limit, in: db) }
  }

  static func segments(
    after segment: Int,
    limit: Int,
    in db: Database
  ) throws -> [(number: Int, segment: Segment)] {
    let statement = try db.cachedStatement(sql: Statements.segmentsAfter)
    return try Row.fetchAll(statement, arguments: [segment, limit])
      .map { (try $0.number("segment"), try Self.segment(of: $0)) }
  }

  private static func priority(of row: Row) throws -> Int {
    // Older versions took any number.
    min(max(try row.integer("priority"), -1_000_000), 1_000_000)
  }

  /// The most jobs of a segment, far above what is written.
  private static let mostJobs = 1 << 20

  static func segment(of row: Row) throws -> Segment {
    Segment(
      firstJob: try row.number("first_job"),
      jobCount: try row.number("job_count", atMost: mostJobs),
      firstLine: try row.number("first_line"),
      source: try source(of: row),
      priority: try priority(of: row),
      marks: [JobMark](bytes: try row.bytes("marks") ?? [])
    )
  }

  package func inputIdentity() async throws -> FileIdentity? {
    try await reading { db in try Self.inputIdentity(in: db) }
  }

  static func inputIdentity(in db: Database) throws -> FileIdentity? {
    guard let row = try Row.fetchOne(db, sql: Statements.input),
      try row.integer("input_inode") != 0
    else { return nil }
    return FileIdentity(
      device: try row.integer("input_device"),
      inode: try row.integer("input_inode"),
      size: try row.integer("input_size"),
      modified: try row.integer("input_modified_ns")
    )
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
