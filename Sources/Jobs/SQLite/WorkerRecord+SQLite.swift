import GRDB

extension WorkerRecord {
  /// Every worker of a batch, oldest first.
  static func all(in db: Database) throws -> [WorkerRecord] {
    try Row.fetchAll(db.cachedStatement(sql: Statements.workers)).map { row in
      WorkerRecord(
        worker: try row.number("worker"),
        pid: try row.number("pid", atMost: Int(Int32.max)),
        started: try row.number("started_ms"),
        boot: try row.text("boot"),
        leaseEnd: try row.number("lease_end_ms"),
        tag: try tag(of: row),
        unanswered: try row.amount("unanswered_nanos")
      )
    }
  }

  /// Nothing but `w` and a number: it becomes part of the names of files, which are removed.
  private static func tag(of row: Row) throws -> String {
    let tag = try row.text("tag")
    guard tag.isEmpty || (tag.first == "w" && UInt32(tag.dropFirst()) != nil) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a worker has another's name")
    }
    return tag
  }
}
