import GRDB

/// Changes to many jobs at once: suspended, or available again.
enum JobSets {
  /// Why a job is suspended, as it stands in the table `suspended`.
  enum Cause: Int {
    case cancelled = 1
    case held = 2
  }

  /// Why a job is suspended; nil for one that is not.
  static func suspension(_ job: Int, in db: Database) throws -> Cause? {
    let statement = try db.cachedStatement(sql: Statements.causeOfSuspension)
    return try Int.fetchOne(statement, arguments: [job]).flatMap(Cause.init)
  }

  /// Takes note that a job which was suspended has its answer after all.
  static func endSuspension(_ job: Int, cause: Cause, in db: Database) throws {
    try db.cachedStatement(sql: Statements.endSuspension).execute(arguments: [job])
    try count(cause, -1, in: db)
  }

  private static func count(_ cause: Cause, _ jobs: Int, in db: Database) throws {
    try db.cachedStatement(sql: Statements.countSuspended)
      .execute(arguments: cause == .cancelled ? [jobs, 0] : [0, jobs])
  }

  /// Suspends jobs that have no result.
  ///
  /// - Returns: how many there were.
  @discardableResult
  static func suspend(_ jobs: some Sequence<Int>, cause: Cause, in db: Database) throws -> Int {
    let suspend = try db.cachedStatement(sql: Statements.suspend)
    let progress = try db.cachedStatement(sql: Statements.progressSegment)
    var count = 0
    for job in jobs {
      guard let segment = try segment(of: job, in: db) else { continue }
      try suspend.execute(arguments: [job, cause.rawValue])
      guard db.changesCount == 1 else { continue }
      _ = try Int.fetchOne(progress, arguments: [1, segment, false])
      count += 1
    }
    try self.count(cause, count, in: db)
    try db.execute(sql: Statements.revise)
    return count
  }

  /// Cancels every job that has no result and is not suspended yet; a million are one statement.
  static func cancelAll(in db: Database) throws -> Int {
    let before = db.totalChangesCount
    try db.execute(sql: Statements.cancelAll, arguments: [Cause.cancelled.rawValue])
    let count = db.totalChangesCount - before
    try db.execute(sql: Statements.closeAll)
    try self.count(.cancelled, count, in: db)
    try db.execute(sql: Statements.revise)
    return count
  }

  /// Makes jobs available again that have a result or are suspended.
  ///
  /// The output files hold lines that go by this, so they are compared from the start at the next
  /// repair. Numbers of commits are used again, which only an empty record of exports allows.
  ///
  /// - Returns: how many there were.
  static func makeAvailable(_ selection: JobSelection, in db: Database) throws -> Int {
    try db.execute(sql: Statements.createChosen)
    defer { try? db.execute(sql: "DROP TABLE chosen") }
    switch selection {
    case .all: try db.execute(sql: Statements.chooseFailed + ";" + Statements.chooseSuspended)
    case .failed: try db.execute(sql: Statements.chooseFailed)
    case .finished(let cause):
      try db.execute(sql: Statements.chooseCause, arguments: [cause])
    case .cancelled: try choose(.cancelled, in: db)
    case .held: try choose(.held, in: db)
    case .jobs(let jobs):
      let insert = try db.cachedStatement(sql: Statements.chooseJob)
      for job in jobs { try insert.execute(arguments: [job]) }
    }
    try db.execute(sql: Statements.leaveUnreadable)
    let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM chosen") ?? 0
    guard count > 0 else { return 0 }
    try db.execute(sql: Statements.reopenChosen)
    return count
  }

  private static func choose(_ cause: Cause, in db: Database) throws {
    try db.execute(
      sql: "INSERT INTO chosen SELECT job, 2 + cause FROM suspended WHERE cause = ?",
      arguments: [cause.rawValue]
    )
  }

  static func segment(of job: Int, in db: Database) throws -> Int? {
    let statement = try db.cachedStatement(sql: Statements.segmentOfJob)
    return try Int.fetchOne(statement, arguments: [job])
  }
}
