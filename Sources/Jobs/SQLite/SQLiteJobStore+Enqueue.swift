import Foundation
import GRDB

extension SQLiteJobStore {
  private static let queuedBytes = 1 << 20

  package func enqueue(_ lines: [QueuedLine], priority: Int) async throws -> Int {
    try await transaction { db in
      let first = try Int.fetchOne(db, sql: "SELECT total FROM batch") ?? 0
      let insertID = try db.cachedStatement(sql: Statements.insertID)
      var fresh: [QueuedLine] = []
      for line in lines {
        try insertID.execute(arguments: [Data(line.id.utf8), first + fresh.count])
        if db.changesCount == 1 { fresh.append(line) }
      }
      let drafts = Self.drafts(of: fresh, firstJob: first, priority: priority)
      _ = try Self.append(drafts, isLast: true, in: db)
      return fresh.count
    }
  }

  package func jobs(withIDs ids: [String]) async throws -> [String: Int] {
    try await reading { db in
      let find = try db.cachedStatement(sql: Statements.jobOfID)
      let found = try ids.compactMap { id in
        try Int.fetchOne(find, arguments: [Data(id.utf8)]).map { (id, $0) }
      }
      return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }
  }

  /// Segments of consecutive lines; a gap in the lines' numbers starts a new one, since a segment
  /// knows only that of its first.
  private static func drafts(
    of lines: [QueuedLine],
    firstJob: Int,
    priority: Int
  ) -> [Segment] {
    var drafts: [Segment] = []
    var rest = lines[...]
    while let first = rest.first {
      var (count, bytes) = (0, 0)
      for line in rest.prefix(QueuedLine.segmentJobs) {
        guard line.number == first.number + count, count == 0 || bytes < queuedBytes else { break }
        count += 1
        bytes += line.line.count
      }
      let job = firstJob + lines.count - rest.count
      drafts.append(draft(of: rest.prefix(count), firstJob: job, priority: priority))
      rest = rest.dropFirst(count)
    }
    return drafts
  }

  private static func draft(
    of lines: ArraySlice<QueuedLine>,
    firstJob: Int,
    priority: Int
  ) -> Segment {
    let failures = lines.enumerated().compactMap { place, line in
      line.failure.map {
        JobResult(job: firstJob + place, state: .failed, line: OutputLine($0), cause: line.cause)
      }
    }
    return Segment(
      firstJob: firstJob,
      jobCount: lines.count,
      firstLine: lines.first?.number ?? 1,
      source: .inline(lines.flatMap { $0.line + [UInt8(ascii: "\n")] }),
      failures: failures,
      priority: priority
    )
  }
}
