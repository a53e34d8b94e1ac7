import Foundation
import GRDB
import Synchronization

extension SQLiteJobStore {
  package func append(_ segments: [Segment], isLast: Bool) async throws -> [StoredResult] {
    try await transaction { db in try Self.append(segments, isLast: isLast, in: db) }
  }

  static func append(
    _ segments: [Segment],
    isLast: Bool,
    in db: Database
  ) throws -> [StoredResult] {
    var stored: [StoredResult] = []
    let insertResult = try db.cachedStatement(sql: Statements.insertResult)
    for segment in segments {
      try insert(segment, in: db)
      for failure in segment.failures {
        let sequence = try FlushCommit.insert(failure, by: insertResult, in: db)
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
    let jobs = segments.reduce(0) { $0 + $1.jobCount }
    try db.cachedStatement(sql: Statements.growBatch)
      .execute(arguments: [jobs, stored.count, isLast])
    return stored
  }

  static func insert(_ segment: Segment, in db: Database) throws {
    let failures = segment.failures.count
    let state = failures >= segment.jobCount ? 2 : 0
    let (offset, length, digest, lines): (Int, Int, Data?, Data?) =
      switch segment.source {
      case .file(let offset, let length, let digest): (offset, length, Data(digest), nil)
      case .inline(let lines):
        (0, lines.count, Data(SegmentSource.digest(of: lines[...])), Data(lines))
      }
    try db.cachedStatement(sql: Statements.insertSegment).execute(
      arguments: [
        segment.firstJob, segment.jobCount, segment.firstLine, offset, length, digest, lines,
        failures, state, segment.priority,
        segment.marks.isEmpty ? nil : Data(segment.marks.bytes),
      ])
  }

  package func claim(_ count: Int) async throws -> Claim {
    let (worker, recoverer, access) = (worker, recoverer, access)
    return try await writing { db in
      var claim = Claim()
      if access == .shared, let recoverer {
        claim.recovery = try recoverer.takeIn(db, besides: worker)
      }
      claim.segments = try db.inImmediateTransaction { db in
        try Self.claim(count, for: worker, in: db)
      }
      return claim
    }
  }

  /// Nothing for a worker that others took for dead: its next heartbeat makes it a new one.
  private static func claim(
    _ count: Int,
    for worker: Int,
    in db: Database
  ) throws -> [ClaimedSegment] {
    let workers = try WorkerRecord.all(in: db)
    guard workers.contains(where: { $0.worker == worker }) else { return [] }
    let share = try share(of: count, among: workers.count, in: db)
    let claim = try db.cachedStatement(sql: Statements.claimSegment)
    return try Row.fetchAll(db.cachedStatement(sql: Statements.claimable), arguments: [share])
      .map { row in
        try claim.execute(arguments: [worker, try row.number("segment")])
        return try claimed(row, epoch: try row.number("epoch") + 1, in: db)
      }
  }

  /// Half of an equal part of what is left, so that near the end nobody waits while another holds all.
  private static func share(of count: Int, among workers: Int, in db: Database) throws -> Int {
    guard workers > 1 else { return count }
    let parts = 2 * workers
    let left = try Int.fetchOne(
      db.cachedStatement(sql: Statements.available),
      arguments: [count * parts]
    )
    return max(1, min(count, (left ?? 0) / parts))
  }

  private static func claimed(_ row: Row, epoch: Int, in db: Database) throws -> ClaimedSegment {
    let segment = try segment(of: row)
    let bounds: StatementArguments = [segment.firstJob, segment.firstJob + segment.jobCount]
    let finished = try row.number("finished")
    let finishedJobs: Set<Int> =
      finished == 0
      ? [] : try Int.fetchSet(db, sql: Statements.finishedJobs, arguments: bounds)
    let retryable = try Row.fetchAll(db, sql: Statements.retryableJobs, arguments: bounds)
      .map { row in
        RetryableJob(
          job: try row.number("job"),
          attempts: try row.number("attempts", atMost: Int(Int32.max)),
          notBefore: try row.number("not_before_ms"),
          reason: try row.text("reason")
        )
      }
      .filter { !finishedJobs.contains($0.job) }
    return ClaimedSegment(
      lease: SegmentLease(segment: try row.number("segment"), epoch: epoch),
      segment: segment,
      finished: finishedJobs,
      retryable: Dictionary(retryable.map { ($0.job, $0) }, uniquingKeysWith: { _, last in last })
    )
  }

  static func source(of row: Row) throws -> SegmentSource {
    let digest = try row.bytes("digest") ?? []
    guard let lines = try row.bytes("lines") else {
      return .file(
        offset: try row.number("offset"),
        length: try row.number("length"),
        digest: digest
      )
    }
    guard digest.isEmpty || digest == SegmentSource.digest(of: lines[...]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "lines of its input were changed")
    }
    return .inline(lines)
  }

  package func heartbeat() async throws -> Heartbeat {
    let leaseEnd = clock.now + lease
    return try await transaction { [self] db in
      var heartbeat = Heartbeat()
      let worker = worker
      try db.cachedStatement(sql: Statements.renewWorker).execute(arguments: [leaseEnd, 0, worker])
      if db.changesCount == 0 {
        heartbeat.isReborn = true
        try membership.withLock { member in
          try member.rejoin(db, clock: clock, leaseEnd: leaseEnd)
        }
        return heartbeat
      }
      let suspension = try db.cachedStatement(sql: Statements.suspendedOfWorker)
      heartbeat.suspended = try Int.fetchSet(suspension, arguments: [worker])
      return heartbeat
    }
  }

  package func cancel(_ jobs: JobSelection) async throws -> Int {
    try await transaction { db in
      switch jobs {
      case .all: return try JobSets.cancelAll(in: db)
      case .jobs(let numbers):
        let waiting = try numbers.sorted().filter { job in
          try Int.fetchOne(db, sql: Statements.resultOf, arguments: [job]) == nil
        }
        return try JobSets.suspend(waiting, cause: .cancelled, in: db)
      case .failed, .finished, .cancelled, .held: return 0
      }
    }
  }

  package func retry(_ jobs: JobSelection) async throws -> Int {
    try await transaction { db in try JobSets.makeAvailable(jobs, in: db) }
  }

  package func release(_ leases: [SegmentLease]) async throws {
    try await transaction { db in
      let release = try db.cachedStatement(sql: Statements.releaseSegment)
      for lease in leases {
        try release.execute(arguments: [lease.segment, lease.epoch])
      }
    }
  }

  package func commit(_ flush: Flush) async throws -> FlushReceipt {
    let (worker, leaseEnd) = (worker, clock.now + lease)
    return try await transaction(writing: flush.size) { db in
      try FlushCommit(db, worker: worker, leaseEnd: leaseEnd).write(flush)
    }
  }
}
