import GRDB

extension WorkerRecord {
  /// Every worker of a batch, oldest first.
  static func all(in db: Database) throws -> [WorkerRecord] {
    try Row.fetchAll(db.cachedStatement(sql: Statements.workers)).map { row in
      WorkerRecord(
        worker: row["worker"],
        pid: row["pid"],
        started: row["started_ms"],
        boot: row["boot"],
        leaseEnd: row["lease_end_ms"],
        tag: row["tag"],
        unanswered: USD(nanos: row["unanswered_nanos"])
      )
    }
  }
}
