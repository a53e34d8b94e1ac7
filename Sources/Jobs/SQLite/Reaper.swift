import GRDB
import Glibc

/// Takes in what dead workers left behind: commits the answers they had kept, says which of their
/// requests may have been billed without an answer, and hands their segments back.
struct Reaper: Sendable {
  let batch: String
  let clock: LeaseClock
  let onUnknown: OnUnknown
  let access: BatchAccess

  private struct Corpse {
    let record: WorkerRecord
    let files: WorkerFiles
    let isAlive: Bool
    let inFlight: SendJournal.Record
    let answers: KeptAnswers
  }

  /// - Parameter worker: the one that does this, which is not dead.
  func takeIn(_ db: Database, besides worker: Int) throws -> Remains {
    var remains = Remains()
    for corpse in try WorkerRecord.all(in: db).filter({ $0.worker != worker }).compactMap(corpse) {
      if !corpse.isAlive { AnswerJournal.freeUnused(corpse.files) }
      let isTaken = try db.inImmediateTransaction { db in
        try takeIn(corpse, db, &remains)
      }
      CrashPoint.reached(.takenIn)
      if isTaken, !corpse.isAlive { corpse.files.remove() }
    }
    return remains
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
  private func corpse(_ record: WorkerRecord) -> Corpse? {
    let files = WorkerFiles(batch: batch, tag: record.tag)
    let isAlive = access == .shared && WorkerLock.isHeld(files)
    guard record.state(isAlive: isAlive, at: clock) != .working else { return nil }
    return Corpse(
      record: record,
      files: files,
      isAlive: isAlive,
      inFlight: SendJournal.record(at: files.sent),
      answers: AnswerJournal.answers(in: files)
    )
  }

  /// - Returns: false for a worker that was heard of meanwhile, or that another one took in.
  private func takeIn(_ corpse: Corpse, _ db: Database, _ remains: inout Remains) throws -> Bool {
    let record = corpse.record
    let now = try WorkerRecord.all(in: db).first { $0.worker == record.worker }
    guard let now, !corpse.isAlive || now.leaseEnd == record.leaseEnd else { return false }
    remains.workers.append(record.worker)
    let commit = try FlushCommit(db, worker: record.worker, leaseEnd: record.leaseEnd)
    var recovered: [Int] = []
    // One by one: together they may be larger than the memory.
    for answer in corpse.answers {
      var flush = Flush()
      flush.results = [answer]
      if try commit.write(flush).sequences != [nil] { recovered.append(answer.result.job) }
    }
    remains.recovered += recovered
    try noteUnknown(corpse, answered: recovered.count, now.unanswered, db, &remains)
    try db.execute(sql: Statements.releaseAll, arguments: [record.worker])
    try db.execute(sql: Statements.leave, arguments: [record.worker])
    return true
  }

  private func noteUnknown(
    _ corpse: Corpse,
    answered: Int,
    _ recorded: USD,
    _ db: Database,
    _ remains: inout Remains
  ) throws {
    var unknown: [Int] = []
    var unanswered = max(.zero, corpse.inFlight.unanswered - recorded)
    for (job, worst) in corpse.inFlight.jobs.sorted(by: { $0.key < $1.key }) {
      let result = try Int.fetchOne(db, sql: Statements.resultOf, arguments: [job])
      guard result == nil else { continue }
      unknown.append(job)
      unanswered += worst
    }
    remains.unknown += unknown
    try db.execute(
      sql: Statements.countUnknown,
      arguments: [unknown.count, unknown.count + answered, unanswered.nanos]
    )
    if onUnknown == .hold { try JobSets.setAside(unknown, cause: .held, in: db) }
  }
}
