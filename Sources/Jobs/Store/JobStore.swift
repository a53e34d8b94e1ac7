/// Where jobs are durable, as one worker sees it.
///
/// Every engine passes the same conformance suite.
///
/// States of a job: *available* (no row of its own), *running* (its segment is leased by a worker),
/// *retryable* (a row with attempts and a time), *completed* or *failed* (a result), *cancelled* or
/// *held* (suspended). A worker holds its leases as long as it is heard of: every ``heartbeat()`` and
/// every ``commit(_:)`` moves the end of its lease; past it, others take its segments over.
package protocol JobStore: Sendable {
  /// Adds segments in input order together with the jobs in them that failed at reading.
  ///
  /// - Returns: the stored form of the failures, in order, for export.
  /// - Throws: ``StoreError``.
  func append(_ segments: [Segment], isLast: Bool) async throws -> [StoredResult]

  /// Leases up to `count` segments, those of the highest priority first, then in input order; leaves
  /// other workers their share. An empty answer says nothing about the end.
  ///
  /// Takes in first what dead workers left behind.
  ///
  /// - Parameter count: at least one.
  func claim(_ count: Int) async throws -> Claim

  /// Commits durably.
  ///
  /// A result for a job that has one is dropped. Under a lost lease only an answer to a job that has
  /// none is kept, since it is paid for; nothing else of it counts.
  func commit(_ flush: Flush) async throws -> FlushReceipt

  /// Says that this worker lives, and hears what concerns its jobs.
  func heartbeat() async throws -> Heartbeat

  /// Hands leases back; no attempt is charged.
  func release(_ leases: [SegmentLease]) async throws

  /// Takes jobs back that have no result yet; those on their way are not sent again.
  ///
  /// - Returns: how many are cancelled by this.
  func cancel(_ jobs: JobSelection) async throws -> Int

  /// Makes jobs available again: failed, cancelled or held ones, and completed ones where they are
  /// named. Their results are forgotten, and so are their attempts.
  ///
  /// - Returns: how many are available by this.
  func retry(_ jobs: JobSelection) async throws -> Int

  /// Where the batch stands.
  func summary() async throws -> BatchSummary

  /// Results after a place in the order of commits, oldest first; fewer than `limit` where they are
  /// large, none only where there are none.
  func results(after sequence: Int, limit: Int) async throws -> [StoredResult]

  /// How far each output file was known to be on disk; empty before the first export.
  func exportPositions() async throws -> [ExportPosition]
}

/// What a worker gets that asks for work.
package struct Claim: Sendable {
  package var segments: [ClaimedSegment] = []
  /// What workers that died meanwhile left behind.
  package var recovery = Recovery()

  package init() {}
}

/// What a worker hears back from its store.
package struct Heartbeat: Sendable {
  /// True when the worker was away for longer than its lease: none of its leases before holds.
  package var isReborn = false
  /// Jobs of its segments that are not to be sent any more.
  package var suspended: Set<Int> = []

  package init() {}
}

/// Which jobs a user means.
package enum JobSelection: Sendable, Equatable {
  /// To cancel: every job without a result. To retry: every failed, cancelled or held one.
  case all
  case failed
  /// Those that completed and ended for this cause; see ``JobResult/cause``.
  case finished(String)
  case cancelled
  /// Those that wait for a decision, since their request may have left when its worker died.
  case held
  /// Jobs by their numbers in the batch.
  case jobs(Set<Int>)
}

/// What is done with a job whose request may have left when its worker died.
package enum OnUnknown: String, Sendable, CaseIterable {
  /// It is sent again; it may be paid for twice.
  case resend
  /// It waits for `nightjar retry --unknown`.
  case hold
}
