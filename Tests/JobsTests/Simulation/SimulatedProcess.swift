import Jobs

/// What an honest worker knows: its leases, its jobs, and what is on its way.
final class SimulatedProcess {
  /// Nil once it is dead.
  var worker: (any TestWorker)?
  var isFrozen = false
  /// Where its lease ends in the batch.
  var leaseEnd: Int
  /// Until when it trusts its lease by itself.
  var proven: Int
  /// Whether the batch knows it; others end that when it is past its lease.
  var isMember = true
  /// Jobs to be sent, by the lease they came with.
  var waiting: [SegmentLease: Set<Int>] = [:]
  /// Requests without an answer.
  var inFlight: [Int: SegmentLease] = [:]
  /// What its journal of sends says.
  var journal: Set<Int> = []
  /// Answers that are kept and not committed.
  var answers: [(lease: SegmentLease, result: JobResult)] = []
  /// What goes into the next flush besides.
  var flush = Flush()
  var attempts: [Int: Int] = [:]

  init(_ worker: any TestWorker, at now: Int) {
    self.worker = worker
    leaseEnd = now + StoreEngine.lease
    proven = now + StoreEngine.lease * 5 / 6
  }

  var isAwake: Bool { worker != nil && !isFrozen }

  func isHolding(_ segment: Int) -> Bool { waiting.keys.contains { $0.segment == segment } }

  /// It spoke at `now`, and the batch has heard it.
  func renew(at now: Int) {
    guard isMember else { return }
    leaseEnd = now + StoreEngine.lease
    proven = now + StoreEngine.lease * 5 / 6
  }

  func add(_ segment: ClaimedSegment) {
    let jobs = segment.firstJob..<segment.firstJob + segment.jobCount
    waiting[segment.lease] = Set(jobs).subtracting(segment.finished)
    for (job, retry) in segment.retryable { attempts[job] = retry.attempts }
  }

  /// Leases of which nothing is left to do here.
  var exhausted: [SegmentLease] {
    let busy = Set(inFlight.values).union(answers.map(\.lease))
      .union(flush.retryable.map(\.lease))
    return waiting.filter { $0.value.isEmpty && !busy.contains($0.key) }.map(\.key)
      .sorted { $0.segment < $1.segment }
  }
}
