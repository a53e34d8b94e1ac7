import Foundation
import GRDB

/// Reads a batch that another process may be working on, without ever writing to it.
package struct BatchInspector: Sendable {
  private let reader: BatchReader
  private let path: String

  /// - Throws: ``StoreError`` when there is no batch at `path` or it cannot be read.
  package init(path: String) throws(StoreError) {
    self.path = path
    reader = try BatchReader(path: path)
    let version = try reader.read { db in try BatchFile.version(of: db) }
    if version < Schema.version { try Self.update(path) }
  }

  /// Brings a batch of an older version up to date, which only its owner may.
  private static func update(_ path: String) throws(StoreError) {
    let store = try SQLiteJobStore(changing: path)
    try store.close(isClean: true)
  }

  /// What the batch was started with.
  package func input() throws(StoreError) -> BatchInput {
    try reader.read { db in try BatchFile.input(of: db) }
  }

  /// Who works on the batch, and how they stand.
  package func workers(at clock: LeaseClock = .system) throws(StoreError)
    -> [(record: WorkerRecord, state: WorkerRecord.State)]
  {
    try reader.read { db in try WorkerRecord.all(in: db) }.map { record in
      let isAlive = WorkerLock.isHeld(WorkerFiles(batch: path, tag: record.tag))
      return (record, record.state(isAlive: isAlive, at: clock))
    }
  }

  /// True while any process works on the batch, even if it does not run.
  package var isRunning: Bool {
    get throws(StoreError) { try workers().contains { $0.state != .dead } }
  }

  /// True when the file at `path` is a database rather than results.
  package static func isBatch(_ path: String) -> Bool {
    let file = FileHandle(forReadingAtPath: path)
    let start = try? file?.read(upToCount: 16)
    return start.map { $0.starts(with: Data("SQLite format 3".utf8)) } ?? false
  }

  /// What dead workers left behind and nobody has taken in yet, as the next worker will.
  package func remains() throws(StoreError) -> Remains {
    var remains = Remains()
    for (record, state) in try workers() where state == .dead {
      let files = WorkerFiles(batch: path, tag: record.tag)
      remains.workers.append(record.worker)
      let answers = Set(AnswerJournal.answers(in: files).map(\.result.job))
      let inFlight = SendJournal.record(at: files.sent).jobs.keys
      let (open, kept) = try reader.read { db in
        (try withoutResult(inFlight, in: db), try withoutResult(answers, in: db))
      }
      remains.recovered += kept
      remains.unknown += open.filter { !answers.contains($0) }
    }
    return remains
  }

  private func withoutResult(_ jobs: some Sequence<Int>, in db: Database) throws -> [Int] {
    let find = try db.cachedStatement(sql: Statements.resultOf)
    return try jobs.sorted().filter { try Int.fetchOne(find, arguments: [$0]) == nil }
  }

  /// Where the batch stands.
  package func summary() throws(StoreError) -> BatchSummary {
    try reader.read { db in try SQLiteJobStore.summary(in: db) }
  }

  /// A page of results of one state, in input order; `job` is the last one of the page before.
  ///
  /// Pages are short reads, so that a long export does not keep a worker from checkpointing.
  package func results(_ state: JobResult.State, afterJob job: Int, limit: Int)
    throws(StoreError) -> [StoredResult]
  {
    try page(Statements.orderedResults, [job, state.rawValue, limit])
  }

  /// A page of results in the order of their commits.
  package func results(after sequence: Int, limit: Int) throws(StoreError) -> [StoredResult] {
    try page(Statements.results, [sequence, limit])
  }

  private func page(_ sql: String, _ arguments: StatementArguments) throws(StoreError)
    -> [StoredResult]
  {
    try reader.read { db in
      try SQLiteJobStore.results(db.cachedStatement(sql: sql), arguments: arguments)
    }
  }
}
