/// Where jobs are durable.
///
/// Every engine passes the same conformance suite.
///
/// States of a job: *available* (no row of its own), *running* (its segment is leased),
/// *retryable* (a row with attempts and a time), *completed* or *failed* (a result).
package protocol JobStore: Sendable {
  /// Adds segments in input order together with the jobs in them that failed at reading.
  ///
  /// - Returns: the stored form of the failures, in order, for export.
  /// - Throws: ``StoreError``.
  func append(_ segments: [SegmentDraft], isLast: Bool) async throws -> [StoredResult]

  /// Leases up to `count` segments in input order; an empty answer says nothing about the end.
  ///
  /// - Parameters:
  ///   - count: at least one.
  ///   - now: milliseconds since 1970; leases that ended before it are taken over.
  ///   - leaseEnd: milliseconds since 1970 at which the lease ends unless it is renewed.
  func claim(_ count: Int, now: Int, leaseEnd: Int) async throws -> [ClaimedSegment]

  /// Commits durably.
  ///
  /// A result for a job that has one is dropped; everything else in the flush still counts. Renews
  /// the leases of all segments it mentions to `leaseEnd`.
  func commit(_ flush: Flush, leaseEnd: Int) async throws -> FlushReceipt

  /// Renews leases; returns those that are no longer held.
  func renew(_ leases: [SegmentLease], leaseEnd: Int) async throws -> [SegmentLease]

  /// Hands leases back; no attempt is charged.
  func release(_ leases: [SegmentLease]) async throws

  /// Where the batch stands.
  func summary() async throws -> BatchSummary

  /// Results after a place in the order of commits, oldest first.
  func results(after sequence: Int, limit: Int) async throws -> [StoredResult]

  /// How far each output file was known to be on disk; empty before the first export.
  func exportPositions() async throws -> [ExportPosition]
}
