import GRDB

extension SQLiteInspector {
  /// The most findings of one kind.
  private static let most = 20

  package func pageFindings() throws(StoreError) -> [String] {
    let lines = try reader.read { db in
      try String.fetchAll(db, sql: "PRAGMA integrity_check(\(Self.most))")
    }
    return lines.filter { $0 != "ok" }.flatMap { $0.split(separator: "\n").map(String.init) }
  }

  package func countFindings() throws(StoreError) -> [String] {
    try reader.read { db in
      let counters = try Row.fetchAll(db, sql: Statements.checkCounters).compactMap { row in
        let (name, found) = (try row.text("name"), try row.number("found"))
        let counted = try row.integer("counted")
        return counted == found ? nil : "\(counted) \(name) are counted, but there are \(found)"
      }
      let segments = try Row.fetchAll(db, sql: Statements.checkSegments, arguments: [Self.most])
        .map { row in
          let (segment, ended) = (try row.integer("segment"), try row.number("ended"))
          let finished = try row.integer("finished")
          return "segment \(segment) counts \(finished) finished jobs, but there are \(ended)"
        }
      return counters + segments
    }
  }

  package func foreignFindings() throws(StoreError) -> [String] {
    let found = try reader.read { db in try SchemaObject.all(in: db) }
    return SchemaObject.findings(in: found)
  }

  /// The columns of every table and the indexes, as text, without regard to their order.
  package func schema() throws(StoreError) -> Set<String> {
    try reader.read { db in Set(try String.fetchAll(db, sql: Statements.schema)) }
  }

  package func exportPositions() throws(StoreError) -> [ExportPosition] {
    try reader.read { db in try SQLiteJobStore.exportPositions(in: db) }
  }

  package func results(_ sequences: Range<Int>) throws(StoreError) -> [StoredResult] {
    let (first, end) = (sequences.lowerBound, sequences.upperBound)
    return try reader.read { db in
      try SQLiteJobStore.results(
        Statements.resultsWithin,
        [first, end],
        by: \.sequence,
        after: first - 1,
        in: db
      )
    }
  }

  package func resultCount() throws(StoreError) -> Int {
    try reader.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM result") ?? 0 }
  }

  package func sequenceBound() throws(StoreError) -> Int {
    let last = try? reader.read { db in
      try Int.fetchOne(db, sql: "SELECT max(sequence) FROM result") ?? 0
    }
    let counted = (try? summary()).map { $0.completed + $0.failed }
    let pages = try reader.read { db in try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0 }
    let most = pages * Self.resultsInPage
    guard last != nil || counted != nil else { return most }
    // A number can be damaged too; those that were taken back leave gaps.
    return min(max(last ?? 0, counted ?? 0), Self.gaps * most)
  }

  /// No result takes less than some fifty bytes of a page of 4 KiB.
  private static let resultsInPage = 80
  private static let gaps = 16
}

/// The statements that look for damage.
extension Statements {
  /// A counter's name, its value, and what it should be.
  fileprivate static let checkCounters = """
    SELECT 'jobs' AS name, total AS counted,
      (SELECT coalesce(sum(job_count), 0) FROM segment) AS found FROM batch
    UNION ALL
    SELECT 'completed jobs', completed, (SELECT count(*) FROM result WHERE state = 1) FROM batch
    UNION ALL
    SELECT 'failed jobs', failed, (SELECT count(*) FROM result WHERE state = 2) FROM batch
    UNION ALL
    SELECT 'cancelled jobs', cancelled, (SELECT count(*) FROM suspended WHERE cause = 1) FROM batch
    UNION ALL
    SELECT 'held jobs', held, (SELECT count(*) FROM suspended WHERE cause = 2) FROM batch
    """

  fileprivate static let checkSegments = """
    SELECT segment, finished, ended FROM (
      SELECT segment, finished, job_count, state,
        (SELECT count(*) FROM result WHERE job >= first_job AND job < first_job + job_count)
        + (SELECT count(*) FROM suspended WHERE job >= first_job AND job < first_job + job_count)
        AS ended
      FROM segment
    )
    WHERE finished <> ended OR (state = 2) <> (ended >= job_count)
    ORDER BY segment LIMIT ?
    """

  fileprivate static let schema = """
    SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk
      || ' ' || coalesce(c.dflt_value, '')
    FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'
    UNION SELECT name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE type = 'index'
    """

  fileprivate static let resultsWithin = """
    SELECT sequence, job, state, line, digest FROM result WHERE sequence >= ? AND sequence < ?
    ORDER BY sequence
    """
}
