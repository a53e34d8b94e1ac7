package import Jobs

/// Decides which job leaves next, by which account and endpoint, with which key and money: a pure
/// value, with every event in and every action out.
///
/// A *slot* is a task that runs one job at a time; a *worker* is a process. What a job is here:
///
///                 leased                    assigned: job, account, endpoint,
///     store ───────────────▶ ready ────────── grant, key, money, memory ─────────▶ in a slot
///                            ▲   ▲                                                │ │   │
///       its time has come ───┘   └── paced, parked, cut off, withdrawn ◀──────────┘ │   │
///                 │                                                                 │   │
///              delayed ◀──────────────────────── later: failed, an attempt left ◀───┘   │
///                                                                                       ▼
///     gone ◀── finished: the result is kept ◀──────────────────────────── settling: has its end
///
/// A job leaves `ready` only when all that it needs is there at once; until then it costs no slot.
/// Jobs are held by model, in the order of their rank. From everywhere a job goes away when its
/// segment's lease is lost or somebody has set it aside.
package struct DispatchState: Sendable {
  /// What a run is made with.
  package struct Settings: Sendable {
    /// When the worker's leases end; see ``WorkerLease``.
    package var lease: WorkerLease
    package var retries = RetryPolicy()
    /// Bytes of bodies and answers that are held at a time.
    package var memory = 256 << 20
    /// Jobs that may wait for another attempt before new ones are held back.
    package var mostDelayed = 4_096
    /// Whether requests that begin alike should meet at the same endpoint.
    package var followsPrefix = false
    /// How long a run in which no endpoint ever answered goes on; nil parks and waits even where
    /// nothing has ever worked.
    package var giveUpAfter: Duration?
    /// Whether that is so also while its first requests are waited for and none has failed.
    package var heedsSilence = true
    /// How long a run waits while every account is parked; nil for ever.
    package var parkFor: Duration?
    /// Whether a run goes on all of whose jobs fail alike.
    package var keepsGoing = false
    /// Whether any job of the batch has succeeded before.
    package var hadResults = false
    /// What chance is drawn from.
    package var seed = UInt64.random(in: 0 ... .max)

    package init(lease: WorkerLease) {
      self.lease = lease
    }
  }

  /// Why no job for a model leaves.
  enum Block: Sendable, Equatable {
    /// Until then, or until a request ends.
    case until(ContinuousClock.Instant)
    /// Until an account that serves it opens.
    case closed
  }

  /// Looks come no closer than this: at high rates several requests leave at each.
  private static let shortestWait: Duration = .milliseconds(1)
  /// So many refusals show that a job larger than a limit is not let through either.
  static let mostRefusals = 3

  let settings: Settings
  let keys: any KeyDesk
  package internal(set) var accounts: AccountSet
  package internal(set) var money: BudgetState
  var ready = ReadyJobs()
  var delayed = DelayedJobs()
  var segments: HeldSegments
  var memory: MemoryBudget
  var supply: SegmentSupply
  /// The jobs that slots have, with the bytes that are held for each.
  var inSlots: [Int: Int] = [:]
  var freeSlots: [Int] = []
  /// Models for whose first job no account had room at the last look.
  var blocked: [String: Block] = [:]
  /// Models that jobs were seen for.
  var models: Set<String> = []
  /// What the key of each account that served last has served.
  var services: [Int: KeyService] = [:]
  var isPaused = false
  var isStopped = false
  var wakeAt: ContinuousClock.Instant?
  var patience: Patience
  package internal(set) var commonFailure: CommonFailure
  /// The same of jobs that fail before anything is sent, as long as nothing was.
  private var unsentFailure: CommonFailure
  var random: SeededGenerator

  package init(
    _ settings: Settings,
    accounts: AccountSet,
    keys: any KeyDesk,
    money: BudgetState = BudgetState(cap: nil),
    supply: SegmentSupply
  ) {
    self.settings = settings
    self.accounts = accounts
    self.keys = keys
    self.money = money
    self.supply = supply
    segments = HeldSegments(lease: settings.lease)
    random = SeededGenerator(seed: settings.seed)
    memory = MemoryBudget(limit: settings.memory)
    commonFailure = CommonFailure(
      isWanted: !settings.keepsGoing,
      hadResults: settings.hadResults
    )
    unsentFailure = commonFailure
    patience = Patience(
      giveUpAfter: settings.giveUpAfter,
      heedsSilence: settings.heedsSilence,
      parkFor: settings.parkFor
    )
  }

  /// Takes an event in; what is to be done about it comes out.
  package mutating func event(
    _ event: Event,
    at now: ContinuousClock.Instant
  ) -> [Action] {
    var actions: [Action] = []
    do throws(Impossible) {
      try take(event, at: now, &actions)
      try advance(to: now, &actions)
    } catch {
      stop(.impossible(error.what), &actions)
    }
    return actions
  }

  private mutating func take(
    _ event: Event,
    at now: ContinuousClock.Instant,
    _ actions: inout [Action]
  ) throws(Impossible) {
    switch event {
    case .free(let slot): freeSlots.append(slot)
    case .leased(let lease, let jobs, let bytes): add(jobs, of: lease, bytes, at: now)
    case .claimed(let claimed): supply.ended(claimed, at: now)
    case .inputGrew(let isComplete): supply.grew(isComplete: isComplete)
    case .withdrawn(let assignment, let isOver): try withdraw(assignment, isOver, at: now)
    case .unusable(let jobs): note(unusable: jobs, &actions)
    case .ended(let assignment, let end): try close(assignment, end, at: now, &actions)
    case .finished(let job): try leaveSlot(job, "finished")
    case .later(let job, let time):
      try leaveSlot(job, "put off")
      if segments.isOurs(job) { delayed.add(job, until: time) } else { drop(job) }
    case .back(let job):
      try leaveSlot(job, "handed back")
      putBack(job)
    case .committed(let receipt): forget(segments.committed(receipt))
    case .heard(let heartbeat, let asked): hear(heartbeat, asked: asked)
    case .paused(let isPaused): self.isPaused = isPaused
    case .keyFound(let account, let isTrial): foundKey(account, isTrial, &actions)
    case .keyMissing(let account, let reason):
      park(account, .credential, reason, until: nil, at: now, &actions)
    case .tick:
      if let wakeAt, wakeAt <= now { self.wakeAt = nil }
      blocked = [:]
      if let reason = patience.silence(at: now, hasAnswered: accounts.hasAnswered) {
        stop(reason, &actions)
      }
    case .stopped: isStopped = true
    }
  }

  private mutating func note(
    unusable jobs: [(job: Int, refusal: Refusal)],
    _ actions: inout [Action]
  ) {
    for (job, refusal) in jobs {
      let cause = unsentFailure.failed(job, refusal)
      if let cause { stop(.failingAlike(cause), &actions) }
    }
  }

  /// Does what has become possible.
  private mutating func advance(
    to now: ContinuousClock.Instant,
    _ actions: inout [Action]
  ) throws(Impossible) {
    while let job = delayed.popDue(at: now) { putBack(job) }
    try assign(at: now, &actions)
    if isStopped || isOver {
      for slot in freeSlots { actions.append(.dismiss(slot: slot)) }
      freeSlots = []
      return
    }
    let claim = supply.claim(
      ready: ready.count,
      isStarved: isStarved,
      bytes: segments.bytes,
      at: now
    )
    if let claim { actions.append(.claim(claim)) }
    wake(after: now, &actions)
  }

  /// True when nothing will be handed out any more, now or later.
  package var isOver: Bool {
    supply.isEnded && ready.isEmpty && delayed.isEmpty && inSlots.isEmpty
  }

  /// True when nothing is left to be claimed.
  var isDone: Bool { isStopped || supply.isEnded }

  /// Whether slots are free although jobs are ready, since these wait for what others may not need:
  /// jobs of another model that is served, or of an account that is in use.
  private var isStarved: Bool {
    guard !freeSlots.isEmpty, !ready.isEmpty, !blocked.isEmpty else { return false }
    let others = models.contains { blocked[$0] == nil && !ready.isWaiting(for: $0) }
    return others
      || blocked.contains { model, block in
        block == .closed && accounts.othersServe(besides: model)
      }
  }

  /// Asks for a look when something becomes possible by time alone.
  private mutating func wake(after now: ContinuousClock.Instant, _ actions: inout [Action]) {
    guard !freeSlots.isEmpty || supply.nextLook != nil else { return }
    var looks = [delayed.nextDue, supply.nextLook].compactMap(\.self)
    for case .until(let time) in blocked.values { looks.append(time) }
    guard let next = looks.min().map({ max($0, now + Self.shortestWait) }) else { return }
    if let wakeAt, wakeAt <= next { return }
    wakeAt = next
    actions.append(.wake(at: next))
  }

  mutating func stop(_ reason: StopReason, _ actions: inout [Action]) {
    isStopped = true
    actions.append(.stop(reason))
    for slot in freeSlots { actions.append(.dismiss(slot: slot)) }
    freeSlots = []
  }
}

extension DispatchState {
  /// An event that cannot happen: a fault of ours, which ends the run with its batch intact.
  struct Impossible: Error {
    let what: String
  }

  /// Whether the request of an assignment may still leave: its job is ours, and nobody has taken it
  /// back or paused the batch since.
  package func mayLeave(_ assignment: Assignment, at now: ContinuousClock.Instant) -> Bool {
    mayHandOut(at: now) && segments.isOurs(assignment.job)
  }

  /// Asks for the same, of one that leaves if it may: with it not all jobs fail unsent.
  mutating func leaves(_ assignment: Assignment, at now: ContinuousClock.Instant) -> Bool {
    guard mayLeave(assignment, at: now) else { return false }
    unsentFailure.completed()
    return true
  }

  /// The jobs that failed alike and can be tried again at no cost.
  package var failedAlike: Set<Int> { commonFailure.jobs.union(unsentFailure.jobs) }

  /// Nothing is handed out while the batch is paused or the lease may have ended.
  func mayHandOut(at now: ContinuousClock.Instant) -> Bool {
    !isPaused && !isStopped && segments.isProven(at: now)
  }

  /// Leases that are held now.
  package var leases: [SegmentLease] { segments.leases }

  /// Leases that are to be handed back, since nothing is left to do for them here.
  package mutating func takeExhausted() -> [SegmentLease] { segments.takeExhausted() }

  /// Jobs that are ready while slots are free: they wait for room.
  package var waiting: Int { min(ready.count, freeSlots.count) }
}
