import Jobs

/// The segments that this worker holds, and by which leases: a pure value.
///
/// A job is ours while its segment's lease is open here and nobody has suspended the job.
struct HeldSegments: Sendable {
  private var lease: WorkerLease
  /// How many jobs of each lease have no durable result yet, and the bytes of its lines.
  private var open: [SegmentLease: (jobs: Int, bytes: Int)] = [:]
  private var exhausted: [SegmentLease] = []
  private var suspended: Set<Int> = []
  /// Bytes of all open segments.
  private(set) var bytes = 0

  init(lease: WorkerLease) {
    self.lease = lease
  }

  /// Leases that are held now.
  var leases: [SegmentLease] { Array(open.keys) }

  /// True while nobody else can have taken the segments over.
  func isProven(at now: ContinuousClock.Instant) -> Bool { lease.isProven(at: now) }

  func isOurs(_ job: Job) -> Bool {
    open[job.segment.lease] != nil && !suspended.contains(job.number)
  }

  mutating func add(_ lease: SegmentLease, jobs: Int, bytes: Int) {
    open[lease] = (jobs, bytes)
    self.bytes += bytes
    if jobs == 0 { exhausted.append(lease) }
  }

  private mutating func close(_ lease: SegmentLease) {
    bytes -= open.removeValue(forKey: lease)?.bytes ?? 0
  }

  /// So many jobs of a lease need nothing more here.
  mutating func settle(_ count: Int, of lease: SegmentLease) {
    guard let left = open[lease] else { return }
    open[lease]?.jobs = left.jobs - count
    if left.jobs > 0, left.jobs - count <= 0 { exhausted.append(lease) }
  }

  /// Results are durable; returns the leases that were lost.
  mutating func committed(_ receipt: FlushReceipt) -> Set<SegmentLease> {
    for (lease, count) in receipt.committed { settle(count, of: lease) }
    for lease in receipt.committed.keys where receipt.closed.contains(lease.segment) {
      close(lease)
    }
    exhausted.removeAll { receipt.closed.contains($0.segment) }
    lose(receipt.lost)
    return receipt.lost
  }

  /// The store has heard this worker; returns the leases that were lost meanwhile.
  mutating func heard(
    _ heartbeat: Heartbeat,
    asked: ContinuousClock.Instant
  ) -> Set<SegmentLease> {
    lease.renew(asked: asked)
    let lost = heartbeat.isReborn ? Set(open.keys) : []
    lose(lost)
    suspended = heartbeat.suspended
    return lost
  }

  var hasSuspended: Bool { !suspended.isEmpty }

  private mutating func lose(_ leases: Set<SegmentLease>) {
    guard !leases.isEmpty else { return }
    for lease in leases { close(lease) }
    exhausted.removeAll { leases.contains($0) }
  }

  /// Leases of which nothing is left to do here, although their segments are still open; they are
  /// to be handed back.
  mutating func takeExhausted() -> [SegmentLease] {
    defer { exhausted = [] }
    for lease in exhausted { close(lease) }
    return exhausted
  }
}
