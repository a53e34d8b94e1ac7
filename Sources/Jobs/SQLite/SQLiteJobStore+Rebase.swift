import Foundation
import GRDB

extension SQLiteJobStore {
  package func storedJobs() async throws -> StoredJobs {
    try await reading { db in try Self.storedJobs(in: db) }
  }

  static func storedJobs(in db: Database) throws -> StoredJobs {
    var jobs = StoredJobs()
    let segments = try Row.fetchCursor(db, sql: Statements.segmentMarks)
    while let row = try segments.next() {
      let segment = try segment(of: row)
      guard segment.firstJob == jobs.marks.count else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "its jobs are out of order")
      }
      jobs.marks += segment.marksOfJobs
      let state = segment.source.isGone ? StoredJobs.State.kept : .waiting
      jobs.states += Array(repeating: state, count: segment.jobCount)
    }
    try note(.completed, Statements.jobsWithResult, in: db, &jobs)
    try note(.failed, Statements.failedJobs, in: db, &jobs)
    try note(.suspended, Statements.suspendedJobs, in: db, &jobs)
    return jobs
  }

  private static func note(
    _ state: StoredJobs.State,
    _ sql: String,
    in db: Database,
    _ jobs: inout StoredJobs
  ) throws {
    let numbers = try Int.fetchCursor(db, sql: sql)
    while let job = try numbers.next() {
      guard jobs.states.indices.contains(job), jobs.states[job] != .kept else { continue }
      jobs.states[job] = state
    }
  }

  package func rebase(_ rebase: InputRebase) async throws {
    try await transaction { db in
      try Self.startAgain(rebase.again, in: db)
      try Self.move(rebase.places, in: db)
      try db.execute(sql: Statements.clearSegments)
      _ = try Self.append(rebase.segments, isLast: true, in: db)
      try db.execute(sql: Statements.countFinished)
      try Self.record(rebase.identity, in: db)
      try db.execute(sql: Statements.revise)
      CrashPoint.reached(.ending)
    }
  }

  private static func startAgain(_ jobs: Set<Int>, in db: Database) throws {
    guard !jobs.isEmpty else { return }
    let forget = try db.cachedStatement(sql: Statements.deleteRetryable)
    for job in jobs { try forget.execute(arguments: [job]) }
    _ = try JobSets.makeAvailable(.jobs(jobs), in: db)
  }

  /// Gives every job its new number; a number may be one that another job still has, so all go
  /// through negative ones first.
  private static func move(_ places: [Int], in db: Database) throws {
    try db.execute(sql: Statements.createPlaces)
    defer { try? db.execute(sql: "DROP TABLE place") }
    let insert = try db.makeStatement(sql: Statements.insertPlace)
    for (old, new) in places.enumerated() where new != old {
      try insert.execute(arguments: [old, new < 0 ? nil : new])
    }
    try db.execute(sql: Statements.countDropped)
    let before = db.totalChangesCount
    try db.execute(sql: Statements.dropResults)
    // Numbers of commits may be used again, which only an empty record of exports allows.
    if db.totalChangesCount > before { try db.execute(sql: Statements.forgetExports) }
    try db.execute(sql: Statements.dropPlaces)
    for table in ["result", "retryable", "suspended"] {
      try db.execute(sql: Statements.renumber(table))
    }
  }

  package func settings() async throws -> String {
    try await reading { db in try Self.settings(in: db) }
  }

  static func settings(in db: Database) throws -> String {
    try String.fetchOne(db, sql: Statements.settings) ?? ""
  }

  package func record(settings: String, again: Set<Int>) async throws {
    try await transaction { db in
      try Self.startAgain(again, in: db)
      try db.execute(sql: Statements.recordSettings, arguments: [settings])
    }
  }
}

extension Segment {
  /// The mark of each of its jobs; nil where its format had none.
  package var marksOfJobs: [JobMark?] {
    if marks.count == jobCount { return marks }
    if case .file(_, let length, let digest) = source, digest.isEmpty, !source.isGone {
      return [JobMark(ofLength: length)]
    }
    return Array(repeating: nil, count: jobCount)
  }
}
