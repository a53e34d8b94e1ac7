import Foundation
import GRDB

/// The writing of one flush within a transaction: results, fences, counters and heartbeat at once.
struct FlushCommit {
  private let db: Database
  private let worker: Int
  private let leaseEnd: Int
  /// True when jobs are cancelled or held, so that each result is looked up among them.
  private let hasSuspended: Bool
  private let insert: Statement

  /// - Parameters:
  ///   - worker: who brings the flush.
  ///   - leaseEnd: where its lease ends after this.
  init(_ db: Database, worker: Int, leaseEnd: Int) throws {
    self.db = db
    self.worker = worker
    self.leaseEnd = leaseEnd
    hasSuspended = try Bool.fetchOne(db.cachedStatement(sql: Statements.hasSuspended)) ?? false
    insert = try db.cachedStatement(sql: Statements.insertResult)
  }

  func write(_ flush: Flush) throws -> FlushReceipt {
    var receipt = FlushReceipt()
    var tally = FlushTally()
    var fences = Fences(db)
    for (lease, result) in flush.results {
      let isHeld = try fences.holds(lease)
      if !isHeld { receipt.lost.insert(lease) }
      receipt.committed[lease, default: 0] += 1
      receipt.sequences.append(try write(result, under: lease, isHeld: isHeld, &tally))
    }
    let upsert = try db.cachedStatement(sql: Statements.upsertRetryable)
    for (lease, job) in flush.retryable where try fences.holds(lease) {
      try upsert.execute(arguments: [job.job, job.attempts, job.notBefore, job.reason])
    }
    try count(tally, flush)
    try record(flush.exports)
    if let accounts = flush.accounts {
      try db.cachedStatement(sql: Statements.recordAccounts).execute(arguments: [accounts])
    }
    CrashPoint.reached(.ending)
    try close(tally, &receipt)
    try db.cachedStatement(sql: Statements.renewWorker)
      .execute(arguments: [leaseEnd, flush.unanswered.nanos, worker])
    return receipt
  }

  /// Fences state, not money: under a lost lease an answer is still kept where the job has none.
  private func write(
    _ result: JobResult,
    under lease: SegmentLease,
    isHeld: Bool,
    _ tally: inout FlushTally
  ) throws -> Int? {
    tally.late += isHeld ? 0 : 1
    let isAnswer = result.state == .completed
    guard isHeld || isAnswer else { return nil }
    let suspension = hasSuspended ? try JobSets.suspension(result.job, in: db) : nil
    guard suspension == nil || isAnswer,
      let sequence = try Self.insert(result, by: insert, in: db)
    else { return nil }
    if let document = result.document { try mark(result.job, document, lease.segment) }
    if let suspension { try JobSets.endSuspension(result.job, cause: suspension, in: db) }
    tally.lateKept += isHeld ? 0 : 1
    tally.add(result, to: lease.segment, isNew: suspension == nil, isHeld: isHeld)
    if result.hasRetried {
      try db.cachedStatement(sql: Statements.deleteRetryable).execute(arguments: [result.job])
    }
    return sequence
  }

  /// Notes what was sent, which need not be what was queued: a document can be edited before its turn.
  private func mark(_ job: Int, _ document: UInt64, _ segment: Int) throws {
    let select = try db.cachedStatement(sql: Statements.mark)
    guard let row = try Row.fetchOne(select, arguments: [job, segment]),
      let queued = [JobMark](bytes: try row.bytes("mark") ?? []).first
    else { return }
    let sent = queued.of(document: document)
    guard queued != sent,
      var marks = try Data.fetchOne(db, sql: Statements.marks, arguments: [segment])
    else { return }
    let place = 16 * (job - (try row.number("first_job")))
    marks.replaceSubrange(place..<place + 16, with: [sent].bytes)
    try db.execute(sql: Statements.updateMarks, arguments: [marks, segment])
  }

  /// Inserts a result unless its job has one; returns its place in the order of commits.
  static func insert(_ result: JobResult, by statement: Statement, in db: Database) throws -> Int? {
    let digest = ResultDigest(job: result.job, state: result.state, line: result.line).number
    let isLarge = LargeLine.isLarge(result.line)
    let line = isLarge ? [] : result.line.bytes
    try unsafe line.withUnsafeBytes { bytes in
      // Bound as it is: SQLite only reads it, and no longer than the statement is executed.
      let line = unsafe bytes.baseAddress.map {
        unsafe Data(
          bytesNoCopy: UnsafeMutableRawPointer(mutating: $0),
          count: bytes.count,
          deallocator: .none
        )
      }
      try statement.execute(
        arguments: [result.job, result.state.rawValue, line ?? Data(), result.cause, digest]
      )
    }
    guard db.changesCount == 1 else { return nil }
    let sequence = Int(db.lastInsertedRowID)
    if isLarge { try LargeLine.insert(result.line, of: sequence, in: db) }
    return sequence
  }

  private func count(_ tally: FlushTally, _ flush: Flush) throws {
    let traffic = flush.traffic
    try db.cachedStatement(sql: Statements.countResults).execute(
      arguments: [
        tally.completed, tally.failed, traffic.requestsSent, traffic.retries, traffic.rateLimited,
        tally.inputTokens, tally.outputTokens, tally.cost.nanos, flush.unanswered.nanos,
        tally.unpriced,
      ])
    guard tally.late > 0 else { return }
    try db.cachedStatement(sql: Statements.countLate)
      .execute(arguments: [tally.late, tally.lateKept])
  }

  private func record(_ exports: [ExportPosition]) throws {
    guard !exports.isEmpty else { return }
    let upsert = try db.cachedStatement(sql: Statements.upsertExport)
    for export in exports {
      try upsert.execute(arguments: [export.state.rawValue, export.offset, export.sequence])
    }
  }

  private func close(_ tally: FlushTally, _ receipt: inout FlushReceipt) throws {
    let progress = try db.cachedStatement(sql: Statements.progressSegment)
    for (segment, finished) in tally.finished {
      let isHeld = tally.held.contains(segment)
      let state = try Int.fetchOne(progress, arguments: [finished, segment, isHeld])
      if state == 2 { receipt.closed.insert(segment) }
    }
  }
}

/// Which leases still hold, asked once for each in a flush.
private struct Fences {
  private let db: Database
  private var known: [SegmentLease: Bool] = [:]

  init(_ db: Database) { self.db = db }

  mutating func holds(_ lease: SegmentLease) throws -> Bool {
    if let known = known[lease] { return known }
    let statement = try db.cachedStatement(sql: Statements.segmentEpoch)
    let epoch = try Int.fetchOne(statement, arguments: [lease.segment])
    known[lease] = epoch == lease.epoch
    return epoch == lease.epoch
  }
}

/// Sums over the results of one flush.
private struct FlushTally {
  /// Jobs that came to their end, by segment.
  var finished: [Int: Int] = [:]
  /// Segments of which some came from their holder.
  var held: Set<Int> = []
  var completed = 0
  var failed = 0
  var late = 0
  var lateKept = 0
  var inputTokens = 0
  var outputTokens = 0
  var cost = USD.zero
  var unpriced = 0

  /// - Parameters:
  ///   - isNew: false for a job that counted as ended before, since it was suspended.
  ///   - isHeld: whether it comes under a lease that holds.
  mutating func add(_ result: JobResult, to segment: Int, isNew: Bool, isHeld: Bool) {
    finished[segment, default: 0] += isNew ? 1 : 0
    if isHeld { held.insert(segment) }
    switch result.state {
    case .completed: completed += 1
    case .failed: failed += 1
    }
    inputTokens += result.inputTokens
    outputTokens += result.outputTokens
    cost += result.cost ?? .zero
    unpriced += result.cost == nil && result.state == .completed ? 1 : 0
  }
}
