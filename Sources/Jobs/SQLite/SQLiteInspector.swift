import Foundation
import GRDB

/// Reads a batch file that another process may be working on.
package struct SQLiteInspector: BatchInspector {
  let reader: BatchReader
  package let path: String

  /// - Throws: ``StoreError`` when there is no batch at `path` or it cannot be read.
  package init(path: String) throws(StoreError) {
    self.path = path
    reader = try BatchReader(path: path)
    let version = try reader.read { db in try BatchFile.version(of: db) }
    if version < Schema.version { try Self.update(path) }
  }

  /// Brings a batch of an older version up to date, which only its owner may.
  private static func update(_ path: String) throws(StoreError) {
    try SQLiteEngine().open(path, input: nil, as: .visitor, onWait: { _ in })
      .close(isClean: true)
  }

  package func input() throws(StoreError) -> BatchInput {
    try reader.read { db in try BatchFile.input(of: db) }
  }

  package func workers(at clock: LeaseClock) throws(StoreError)
    -> [(record: WorkerRecord, state: WorkerRecord.State)]
  {
    try reader.read { db in try WorkerRecord.all(in: db) }.map { record in
      let isAlive = WorkerLock.isHeld(WorkerFiles(batch: path, tag: record.tag))
      return (record, record.state(isAlive: isAlive, at: clock))
    }
  }

  package func recovery() throws(StoreError) -> Recovery {
    var left = Recovery()
    for (record, state) in try workers() where state == .dead {
      let files = WorkerFiles(batch: path, tag: record.tag)
      left.workers.append(record.worker)
      let answers = Set(AnswerJournal.answers(in: files).map(\.result.job))
      let sent = SendJournal.record(at: files.sent)
      let (open, kept) = try reader.read { db in
        (try withoutResult(sent.jobs.keys, in: db), try withoutResult(answers, in: db))
      }
      let unknown = open.filter { !answers.contains($0) }
      left.recovered += kept
      left.unknown += unknown
      left.unanswered += max(.zero, sent.unanswered - record.unanswered)
      left.unanswered += unknown.reduce(.zero) { $0 + (sent.jobs[$1] ?? .zero) }
    }
    return left
  }

  private func withoutResult(_ jobs: some Sequence<Int>, in db: Database) throws -> [Int] {
    let find = try db.cachedStatement(sql: Statements.resultOf)
    return try jobs.sorted().filter { try Int.fetchOne(find, arguments: [$0]) == nil }
  }

  package func summary() throws(StoreError) -> BatchSummary {
    try reader.read { db in try SQLiteJobStore.summary(in: db) }
  }

  package func delayed(at now: Int) throws(StoreError) -> DelayedCount {
    try reader.read { db in
      guard let row = try Row.fetchOne(db, sql: Statements.delayed, arguments: [now]) else {
        return DelayedCount()
      }
      let next = try row.integerIfAny("next")
      return DelayedCount(
        jobs: try row.number("jobs"),
        next: next.map { now + RetryableJob.wait(until: $0, at: now) }
      )
    }
  }

  package func causes(_ limit: Int) throws(StoreError) -> [ResultCause] {
    try reader.read { db in try SQLiteJobStore.causes(limit, in: db) }
  }

  package func results(_ state: JobResult.State, afterJob job: Int, limit: Int)
    throws(StoreError) -> [StoredResult]
  {
    try reader.read { db in
      let page: StatementArguments = [job, state.rawValue, limit]
      return try SQLiteJobStore.results(
        Statements.orderedResults,
        page,
        by: \.job,
        after: job,
        in: db
      )
    }
  }

  package func results(after sequence: Int, limit: Int) throws(StoreError) -> [StoredResult] {
    try reader.read { db in try SQLiteJobStore.results(after: sequence, limit: limit, in: db) }
  }
}
