import Foundation
import GRDB

/// A line to be queued.
package struct QueuedLine: Sendable {
  /// By which a line is known that was queued before.
  package let id: String
  /// The line without its line break.
  package let line: [UInt8]
  /// One-based number in its input.
  package let number: Int
  /// What to record for a line that can never be sent; nil for a good one.
  package let failure: [UInt8]?

  package init(id: String, line: [UInt8], number: Int, failure: [UInt8]? = nil) {
    self.id = id
    self.line = line
    self.number = number
    self.failure = failure
  }
}

extension SQLiteJobStore {
  /// Jobs of a segment of a queue: few, so that several workers share also a short queue.
  package static let queuedJobs = 16
  private static let queuedBytes = 1 << 20

  /// Adds lines to a queue in one commit; those whose id is known already are passed over.
  ///
  /// - Parameter priority: higher ones are run first.
  /// - Returns: how many were new.
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

  /// Segments of consecutive lines; a gap in the lines' numbers starts a new one, since a segment
  /// knows only that of its first.
  private static func drafts(
    of lines: [QueuedLine],
    firstJob: Int,
    priority: Int
  ) -> [SegmentDraft] {
    var drafts: [SegmentDraft] = []
    var rest = lines[...]
    while let first = rest.first {
      var (count, bytes) = (0, 0)
      for line in rest.prefix(queuedJobs) {
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
  ) -> SegmentDraft {
    let failures = lines.enumerated().compactMap { place, line in
      line.failure.map { JobResult(job: firstJob + place, state: .failed, line: $0) }
    }
    return SegmentDraft(
      firstJob: firstJob,
      jobCount: lines.count,
      firstLine: lines.first?.number ?? 1,
      source: .inline(lines.flatMap { $0.line + [UInt8(ascii: "\n")] }),
      failures: failures,
      priority: priority
    )
  }
}
