import GRDB
import Glibc

/// Takes in what dead workers left behind: commits the answers they had kept, says which of their
/// requests may have been billed without an answer, and hands their segments back.
struct WorkerRecovery: Sendable {
  let batch: String
  let clock: LeaseClock
  let onUnknown: OnUnknown
  let access: BatchAccess

  private struct LostWorker {
    let record: WorkerRecord
    let files: WorkerFiles
    let isAlive: Bool
    let inFlight: SendJournal.Record
    let answers: KeptAnswers
  }

  /// - Parameter worker: the one that does this, which is not dead.
  func takeIn(_ db: Database, besides worker: Int) throws -> Recovery {
    var recovery = Recovery()
    for lost in try WorkerRecord.all(in: db).filter({ $0.worker != worker }).compactMap(look) {
      if !lost.isAlive { AnswerJournal.freeUnused(lost.files) }
      let isTaken = try db.inImmediateTransaction { db in
        try takeIn(lost, db, &recovery)
      }
      CrashPoint.reached(.takenIn)
      if isTaken, !lost.isAlive { lost.files.remove() }
    }
    return recovery
  }

  /// Removes what is left of workers that were taken in by one which died before it removed it.
  ///
  /// Nobody joins meanwhile, so that a file without a row is no newcomer's.
  func sweep(_ db: Database) throws {
    let found = WorkerFiles.all(of: batch)
    guard !found.isEmpty else { return }
    try db.inImmediateTransaction { db in
      let known = try WorkerRecord.all(in: db).map { WorkerFiles(batch: batch, tag: $0.tag) }
      for files in found where !known.contains(files) && !WorkerLock.isHeld(files) {
        files.remove()
      }
    }
  }

  /// A worker that is dead, or past its lease.
  private func look(_ record: WorkerRecord) -> LostWorker? {
    let files = WorkerFiles(batch: batch, tag: record.tag)
    let isAlive = access == .shared && WorkerLock.isHeld(files)
    guard record.state(isAlive: isAlive, at: clock) != .working else { return nil }
    return LostWorker(
      record: record,
      files: files,
      isAlive: isAlive,
      inFlight: SendJournal.record(at: files.sent),
      answers: AnswerJournal.answers(in: files)
    )
  }

  /// - Returns: false for a worker that was heard of meanwhile, or that another one took in.
  private func takeIn(_ lost: LostWorker, _ db: Database, _ recovery: inout Recovery) throws -> Bool
  {
    let record = lost.record
    let now = try WorkerRecord.all(in: db).first { $0.worker == record.worker }
    guard let now, !lost.isAlive || now.leaseEnd == record.leaseEnd else { return false }
    recovery.workers.append(record.worker)
    let commit = try FlushCommit(db, worker: record.worker, leaseEnd: record.leaseEnd)
    var recovered: [Int] = []
    // One by one: together they may be larger than the memory.
    for answer in lost.answers {
      var flush = Flush()
      flush.results = [answer]
      if try commit.write(flush).sequences != [nil] { recovered.append(answer.result.job) }
    }
    recovery.recovered += recovered
    try noteUnknown(lost, answered: recovered.count, now.unanswered, db, &recovery)
    try db.execute(sql: Statements.releaseAll, arguments: [record.worker])
    try db.execute(sql: Statements.leave, arguments: [record.worker])
    return true
  }

  private func noteUnknown(
    _ lost: LostWorker,
    answered: Int,
    _ recorded: USD,
    _ db: Database,
    _ recovery: inout Recovery
  ) throws {
    var unknown: [Int] = []
    var unanswered = max(.zero, lost.inFlight.unanswered - recorded)
    for (job, worst) in lost.inFlight.jobs.sorted(by: { $0.key < $1.key }) {
      let result = try Int.fetchOne(db, sql: Statements.resultOf, arguments: [job])
      // A damaged journal may name a job that is none.
      guard result == nil, try JobSets.segment(of: job, in: db) != nil else { continue }
      unknown.append(job)
      unanswered += worst
    }
    recovery.unknown += unknown
    recovery.unanswered += unanswered
    try db.execute(
      sql: Statements.countUnknown,
      arguments: [unknown.count, unknown.count + answered, unanswered.nanos]
    )
    if onUnknown == .hold { try JobSets.suspend(unknown, cause: .held, in: db) }
  }
}
