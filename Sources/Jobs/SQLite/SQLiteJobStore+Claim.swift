import Foundation
import GRDB

extension SQLiteJobStore {
  package func append(_ segments: [SegmentDraft], isLast: Bool) async throws -> [StoredResult] {
    try await transaction { db in
      var stored: [StoredResult] = []
      var jobs = 0
      let insertResult = try db.cachedStatement(sql: Statements.insertResult)
      for segment in segments {
        try Self.insert(segment, in: db)
        jobs += segment.jobCount
        for failure in segment.failures {
          let sequence = try Self.insert(failure, by: insertResult, in: db)
          guard let sequence else { continue }
          stored.append(
            StoredResult(
              sequence: sequence,
              job: failure.job,
              state: failure.state,
              line: failure.line
            )
          )
        }
      }
      try db.cachedStatement(sql: Statements.growBatch)
        .execute(arguments: [jobs, stored.count, isLast])
      return stored
    }
  }

  private static func insert(_ segment: SegmentDraft, in db: Database) throws {
    let failures = segment.failures.count
    let state = failures >= segment.jobCount ? 2 : 0
    let (offset, length, digest, lines): (Int, Int, Data?, Data?) =
      switch segment.source {
      case .file(let offset, let length, let digest): (offset, length, Data(digest), nil)
      case .inline(let lines): (0, lines.count, nil, Data(lines))
      }
    try db.cachedStatement(sql: Statements.insertSegment).execute(
      arguments: [
        segment.firstJob, segment.jobCount, segment.firstLine, offset, length, digest, lines,
        failures, state,
      ])
  }

  /// Inserts a result unless its job has one; returns its place in the order of commits.
  static func insert(_ result: JobResult, by statement: Statement, in db: Database) throws -> Int? {
    try statement.execute(arguments: [result.job, result.state.rawValue, Data(result.line)])
    return db.changesCount == 1 ? Int(db.lastInsertedRowID) : nil
  }

  package func claim(_ count: Int, now: Int, leaseEnd: Int) async throws -> [ClaimedSegment] {
    try await transaction { db in
      let claimable = try db.cachedStatement(sql: Statements.claimable)
      let claim = try db.cachedStatement(sql: Statements.claimSegment)
      return try Row.fetchAll(claimable, arguments: [now, count]).map { row in
        let segment: Int = row["segment"]
        try claim.execute(arguments: [leaseEnd, segment])
        return try Self.claimed(row, epoch: row["epoch"] + 1, in: db)
      }
    }
  }

  private static func claimed(_ row: Row, epoch: Int, in db: Database) throws -> ClaimedSegment {
    let firstJob: Int = row["first_job"]
    let jobCount: Int = row["job_count"]
    let bounds: StatementArguments = [firstJob, firstJob + jobCount]
    let finished: Int = row["finished"]
    let finishedJobs =
      finished == 0
      ? [] : try Int.fetchAll(db, sql: Statements.finishedJobs, arguments: bounds)
    let retryable = try Row.fetchAll(db, sql: Statements.retryableJobs, arguments: bounds)
      .map { row in
        RetryableJob(
          job: row["job"],
          attempts: row["attempts"],
          notBefore: row["not_before_ms"],
          reason: row["reason"]
        )
      }
    return ClaimedSegment(
      lease: SegmentLease(segment: row["segment"], epoch: epoch),
      firstJob: firstJob,
      jobCount: jobCount,
      firstLine: row["first_line"],
      source: source(of: row),
      finished: Set(finishedJobs),
      retryable: Dictionary(retryable.map { ($0.job, $0) }, uniquingKeysWith: { _, last in last })
    )
  }

  static func source(of row: Row) -> SegmentSource {
    if let lines = row["lines"] as Data? { return .inline([UInt8](lines)) }
    let digest: Data = row["digest"] ?? Data()
    return .file(offset: row["offset"], length: row["length"], digest: [UInt8](digest))
  }

  package func renew(_ leases: [SegmentLease], leaseEnd: Int) async throws -> [SegmentLease] {
    try await transaction { db in
      let renew = try db.cachedStatement(sql: Statements.renewSegment)
      return try leases.filter { lease in
        try renew.execute(arguments: [leaseEnd, lease.segment, lease.epoch])
        return db.changesCount == 0
      }
    }
  }

  package func release(_ leases: [SegmentLease]) async throws {
    try await transaction { db in
      let release = try db.cachedStatement(sql: Statements.releaseSegment)
      for lease in leases {
        try release.execute(arguments: [lease.segment, lease.epoch])
      }
    }
  }
}
