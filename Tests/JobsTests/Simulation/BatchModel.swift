import Jobs

/// The state machine of a batch in its plainest form: what a store means, without how it does it.
///
/// Everything that an engine counts or closes is derived here from the ends of single jobs.
struct BatchModel {
  enum Cause {
    case cancelled
    case held
  }

  /// What becomes of one job.
  struct Entry {
    var result: StoredResult?
    var suspended: Cause?
    var retryable: RetryableJob?

    var hasEnd: Bool { result != nil || suspended != nil }
  }

  struct Piece {
    let draft: Segment
    var epoch = 0
    /// Who holds it; nil where it is free or closed.
    var worker: Int?

    var jobs: Range<Int> { draft.firstJob..<draft.firstJob + draft.jobCount }
  }

  struct Member {
    let process: Int
    let boot: String
    var leaseEnd: Int
    /// How much of what its requests without an answer may have cost is counted already.
    var recorded = USD.zero
  }

  /// What a process keeps beside the batch.
  struct Process {
    var isAlive = true
    var sent: [Int: USD] = [:]
    var charged = USD.zero
    var answers: [(lease: SegmentLease, result: JobResult)] = []
  }

  var jobs: [Int: Entry] = [:]
  var pieces: [Piece] = []
  var members: [Int: Member] = [:]
  var processes: [Process] = []
  var exports: [JobResult.State: ExportPosition] = [:]
  /// What is counted and not derived.
  var tally = BatchSummary()
  private var lastMember = 0

  var summary: BatchSummary {
    var summary = tally
    summary.total = pieces.reduce(0) { $0 + $1.draft.jobCount }
    for entry in jobs.values {
      summary.completed += entry.result?.state == .completed ? 1 : 0
      summary.failed += entry.result?.state == .failed ? 1 : 0
      summary.cancelled += entry.suspended == .cancelled ? 1 : 0
      summary.held += entry.suspended == .held ? 1 : 0
    }
    return summary
  }

  var results: [StoredResult] {
    jobs.values.compactMap(\.result).sorted { $0.sequence < $1.sequence }
  }

  /// Segments are numbered from one.
  func piece(_ segment: Int) -> Piece { pieces[segment - 1] }

  func isOpen(_ piece: Piece) -> Bool { piece.jobs.contains { jobs[$0]?.hasEnd != true } }

  func holds(_ lease: SegmentLease) -> Bool { piece(lease.segment).epoch == lease.epoch }

  mutating func append(_ drafts: [Segment], isLast: Bool) -> [StoredResult] {
    tally.isInputComplete = isLast
    return drafts.flatMap { draft in
      pieces.append(Piece(draft: draft))
      return draft.failures.compactMap { record($0) }
    }
  }

  /// Gives a job its result unless it has one.
  mutating func record(_ result: JobResult) -> StoredResult? {
    guard jobs[result.job]?.result == nil else { return nil }
    let stored = StoredResult(
      sequence: (jobs.values.compactMap(\.result?.sequence).max() ?? 0) + 1,
      job: result.job,
      state: result.state,
      line: result.line
    )
    jobs[result.job, default: Entry()].result = stored
    return stored
  }

  // MARK: Workers

  mutating func join(_ process: Int, clock: LeaseClock) -> Int {
    lastMember += 1
    members[lastMember] = Member(
      process: process,
      boot: clock.boot,
      leaseEnd: clock.now + StoreEngine.lease
    )
    return lastMember
  }

  /// - Returns: nil for a worker that others took for dead.
  mutating func heartbeat(_ worker: Int, clock: LeaseClock) -> Heartbeat? {
    guard renew(worker, clock: clock) else { return nil }
    var heartbeat = Heartbeat()
    for piece in pieces where piece.worker == worker {
      heartbeat.suspended.formUnion(piece.jobs.filter { jobs[$0]?.suspended != nil })
    }
    return heartbeat
  }

  @discardableResult
  mutating func renew(_ worker: Int, clock: LeaseClock, unanswered: USD = .zero) -> Bool {
    guard let end = members[worker]?.leaseEnd else { return false }
    members[worker]?.leaseEnd = max(end, clock.now + StoreEngine.lease)
    members[worker]?.recorded += unanswered
    return true
  }

  mutating func claim(_ count: Int, for worker: Int) -> [ClaimedSegment] {
    guard members[worker] != nil else { return [] }
    let free = pieces.indices.filter { pieces[$0].worker == nil && isOpen(pieces[$0]) }
      .sorted { (-pieces[$0].draft.priority, $0) < (-pieces[$1].draft.priority, $1) }
    let parts = 2 * members.count
    let share = members.count == 1 ? count : max(1, min(count, free.count / parts))
    return free.prefix(share).map { index in
      pieces[index].epoch += 1
      pieces[index].worker = worker
      return claimed(index)
    }
  }

  private func claimed(_ index: Int) -> ClaimedSegment {
    let piece = pieces[index]
    let finished = piece.jobs.filter { jobs[$0]?.hasEnd == true }
    let waiting = piece.jobs.compactMap { jobs[$0]?.retryable }
      .filter { !finished.contains($0.job) }
    return ClaimedSegment(
      lease: SegmentLease(segment: index + 1, epoch: piece.epoch),
      segment: piece.draft,
      finished: Set(finished),
      retryable: Dictionary(waiting.map { ($0.job, $0) }, uniquingKeysWith: { _, last in last })
    )
  }

  mutating func release(_ leases: [SegmentLease]) {
    for lease in leases where holds(lease) { pieces[lease.segment - 1].worker = nil }
  }
}
