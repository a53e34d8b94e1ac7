import Foundation
import GRDB

extension SQLiteJobStore {
  package func commit(_ flush: Flush, leaseEnd: Int) async throws -> FlushReceipt {
    try await transaction { db in try Self.commit(flush, leaseEnd: leaseEnd, in: db) }
  }

  static func commit(_ flush: Flush, leaseEnd: Int, in db: Database) throws -> FlushReceipt {
    let insert = try db.cachedStatement(sql: Statements.insertResult)
    let deleteRetryable = try db.cachedStatement(sql: Statements.deleteRetryable)
    var tally = FlushTally()
    for (lease, result) in flush.results {
      let sequence = try Self.insert(result, by: insert, in: db)
      tally.add(result, under: lease, sequence: sequence)
      if result.hasRetried { try deleteRetryable.execute(arguments: [result.job]) }
    }
    let upsert = try db.cachedStatement(sql: Statements.upsertRetryable)
    for job in flush.retryable {
      try upsert.execute(arguments: [job.job, job.attempts, job.notBefore, job.reason])
    }
    try Self.count(tally, flush, in: db)
    try Self.record(flush.exports, in: db)
    if let accounts = flush.accounts {
      try db.cachedStatement(sql: Statements.recordAccounts).execute(arguments: [accounts])
    }
    CrashPoint.reached(.ending)
    return try Self.progress(tally, leaseEnd: leaseEnd, in: db)
  }

  private static func count(_ tally: FlushTally, _ flush: Flush, in db: Database) throws {
    let traffic = flush.traffic
    try db.cachedStatement(sql: Statements.countResults).execute(
      arguments: [
        tally.completed, tally.failed, traffic.requestsSent, traffic.retries, traffic.rateLimited,
        tally.inputTokens, tally.outputTokens, tally.cost.nanos, flush.unanswered.nanos,
        tally.unpriced,
      ])
  }

  private static func record(_ exports: [ExportPosition], in db: Database) throws {
    guard !exports.isEmpty else { return }
    let upsert = try db.cachedStatement(sql: Statements.upsertExport)
    for export in exports {
      try upsert.execute(arguments: [export.state.rawValue, export.offset, export.sequence])
    }
  }

  /// One statement a segment is progress, closing, heartbeat and fence at once.
  private static func progress(_ tally: FlushTally, leaseEnd: Int, in db: Database) throws
    -> FlushReceipt
  {
    let progress = try db.cachedStatement(sql: Statements.progressSegment)
    var closed: [Int] = []
    var fenced: [Int] = []
    for (lease, finished) in tally.finished {
      let row = try Row.fetchOne(
        progress,
        arguments: [finished, lease.epoch, leaseEnd, lease.segment]
      )
      guard let row else { continue }
      if row["epoch"] != lease.epoch { fenced.append(lease.segment) }
      if row["state"] == 2 { closed.append(lease.segment) }
    }
    return FlushReceipt(sequences: tally.sequences, closed: closed, fenced: fenced)
  }
}

/// Sums over the results of one flush.
private struct FlushTally {
  var sequences: [Int?] = []
  var finished: [SegmentLease: Int] = [:]
  var completed = 0
  var failed = 0
  var inputTokens = 0
  var outputTokens = 0
  var cost = USD.zero
  var unpriced = 0

  mutating func add(_ result: JobResult, under lease: SegmentLease, sequence: Int?) {
    sequences.append(sequence)
    finished[lease, default: 0] += sequence == nil ? 0 : 1
    guard sequence != nil else { return }
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
