import GRDB

// What a batch is about: one input, from its first request on.
extension BatchFile {
  /// - Throws: ``StoreError`` where the batch is about another input, and stays so.
  func checkInput(_ db: Database, input: BatchInput) throws {
    let recorded = try Self.input(of: db)
    guard recorded != input else { return }
    if recorded.kind == .queue || input.kind == .queue {
      throw StoreError(
        .inputChanged,
        recorded.kind == .queue ? "this is a queue" : "this is the batch of a run, not a queue",
        at: path,
        next: recorded.kind == .queue
          ? "work on it with `nightjar work --queue`, or choose another output"
          : "go on with `nightjar run`, or choose another queue"
      )
    }
    guard try wasSent(db) else { return }
    throw StoreError(
      .inputChanged,
      "the batch was started with another input, \(recorded.path)",
      at: path,
      next: "run it with that input, or choose another output for this one"
    )
  }

  /// Makes a batch of which nothing was sent one of this input, so that a wrong first one does no
  /// harm.
  ///
  /// - Returns: the path of the input before; nil where it is the same.
  func takeInput(_ input: BatchInput, _ db: Database) throws -> String? {
    try checkInput(db, input: input)
    let recorded = try Self.input(of: db)
    guard recorded != input else { return nil }
    try db.inImmediateTransaction { db in
      try db.execute(sql: Statements.forgetJobs)
      try db.execute(sql: Statements.forgetExports)
      try db.execute(sql: Statements.takeInput, arguments: [input.kind.rawValue, input.path])
    }
    return recorded.path
  }

  /// Whether a request of the batch may have left, as far as anybody knows.
  private func wasSent(_ db: Database) throws -> Bool {
    // An older version kept other things.
    guard try Self.version(of: db) == Schema.version else { return true }
    if try Bool.fetchOne(db, sql: Statements.wasSent) ?? true { return true }
    return try WorkerRecord.all(in: db).contains { worker in
      let files = WorkerFiles(batch: path, tag: worker.tag)
      var answers = AnswerJournal.answers(in: files)
      return SendJournal.record(at: files.sent) != SendJournal.Record() || answers.next() != nil
    }
  }

  /// What the batch was started with.
  static func input(of db: Database) throws -> BatchInput {
    guard let row = try Row.fetchOne(db, sql: Statements.input) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the batch row is missing")
    }
    let kind = BatchInput.Kind(rawValue: try row.text("input_kind"))
    guard let kind else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the kind of its input is unknown")
    }
    return BatchInput(kind: kind, path: try row.text("input_path"))
  }
}
