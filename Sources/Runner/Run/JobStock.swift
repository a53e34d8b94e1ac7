package import Jobs

/// The jobs that this worker holds, and the leases it holds them by; a pure value.
///
/// A job is handed out only while its lease is proven to hold, the batch is not paused and nobody
/// has set the job aside.
package struct JobStock: Sendable {
  package var queue: JobQueue
  package var isPaused = false
  private var lease: WorkerLease
  /// How many jobs of each lease have no durable result yet.
  private var open: [SegmentLease: Int] = [:]
  private var exhausted: [SegmentLease] = []
  private var setAside: Set<Int> = []

  package init(lease: WorkerLease, delayedLimit: Int) {
    self.lease = lease
    queue = JobQueue(delayedLimit: delayedLimit)
  }

  /// Leases that are held now.
  package var leases: [SegmentLease] { Array(open.keys) }

  /// Adds the jobs of a segment that was just leased, those that wait for their time among them.
  ///
  /// - Parameter now: milliseconds since 1970.
  package mutating func add(
    _ jobs: [(job: Job, retry: RetryableJob?)],
    of segment: SegmentLease,
    now: Int
  ) {
    let due = jobs.filter { $0.retry.map { $0.wait(at: now) == 0 } ?? true }
    open[segment] = jobs.count
    if jobs.isEmpty { exhausted.append(segment) }
    queue.add(due.map(\.job))
    for _ in due.count..<jobs.count { queue.addDelayed() }
  }

  package mutating func next(at now: ContinuousClock.Instant) -> JobQueue.Next {
    let mayHandOut = !isPaused && lease.isProven(at: now)
    guard mayHandOut || queue.isStopped || queue.isOver else { return .wait }
    return queue.next()
  }

  /// Whether the request of a job that was handed out may leave.
  package func mayStart(_ job: Job, at now: ContinuousClock.Instant) -> Bool {
    !isPaused && lease.isProven(at: now) && isOurs(job)
  }

  private func isOurs(_ job: Job) -> Bool {
    open[job.segment.lease] != nil && !setAside.contains(job.number)
  }

  /// A job that was handed out goes back, or away where it is no longer ours.
  package mutating func giveBack(_ job: Job) {
    if isOurs(job) { return queue.giveBack(job) }
    queue.finish()
    settle(1, of: job.segment.lease)
  }

  /// A delayed job is due, or goes away where it is no longer ours.
  package mutating func due(_ job: Job) {
    if isOurs(job) { return queue.due(job) }
    queue.forgetDelayed()
    settle(1, of: job.segment.lease)
  }

  /// Results are durable.
  package mutating func progressed(_ receipt: FlushReceipt) {
    for (lease, count) in receipt.committed { settle(count, of: lease) }
    for lease in receipt.committed.keys where receipt.closed.contains(lease.segment) {
      open[lease] = nil
    }
    exhausted.removeAll { receipt.closed.contains($0.segment) }
    if !receipt.lost.isEmpty { lose(receipt.lost) }
  }

  private mutating func settle(_ count: Int, of lease: SegmentLease) {
    guard let left = open[lease] else { return }
    open[lease] = left - count
    if left > 0, left - count <= 0 { exhausted.append(lease) }
  }

  /// The store has heard this worker.
  package mutating func heard(_ heartbeat: Heartbeat, asked: ContinuousClock.Instant) {
    lease.renew(asked: asked)
    if heartbeat.isReborn { lose(Set(open.keys)) }
    setAside = heartbeat.setAside
    guard !setAside.isEmpty else { return }
    let isAside: (Job) -> Bool = { [setAside] in setAside.contains($0.number) }
    for job in queue.remove(where: isAside) { settle(1, of: job.segment.lease) }
  }

  private mutating func lose(_ leases: Set<SegmentLease>) {
    for lease in leases { open[lease] = nil }
    exhausted.removeAll { leases.contains($0) }
    _ = queue.remove { leases.contains($0.segment.lease) }
  }

  /// Leases of which nothing is left to do here, although their segments are still open.
  package mutating func takeExhausted() -> [SegmentLease] {
    defer { exhausted = [] }
    for lease in exhausted { open[lease] = nil }
    return exhausted
  }
}
