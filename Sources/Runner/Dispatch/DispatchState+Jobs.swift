import Jobs

// Jobs that come, leave and go back.
extension DispatchState {
  mutating func add(
    _ jobs: [(job: Job, wait: Duration)],
    of lease: SegmentLease,
    _ bytes: Int,
    at now: ContinuousClock.Instant
  ) {
    supply.took(bytes)
    segments.add(lease, jobs: jobs.count, bytes: bytes)
    for (job, _) in jobs { models.insert(job.shape.model) }
    ready.add(jobs.filter { $0.wait <= .zero }.map(\.job))
    for (job, wait) in jobs where wait > .zero { delayed.add(job, until: now + wait) }
  }

  /// Hands jobs to free slots while there is one that may leave.
  mutating func assign(
    at now: ContinuousClock.Instant,
    _ actions: inout [Action]
  ) throws(Impossible) {
    guard !freeSlots.isEmpty, !ready.isEmpty, mayHandOut(at: now) else { return }
    var closed: [String] = []
    for model in ready.models {
      switch blocked[model] {
      case .closed:
        closed.append(model)
        continue
      case .until(let time) where time > now: continue
      case .until, nil: blocked[model] = nil
      }
      try assign(model, at: now, &closed, &actions)
      if freeSlots.isEmpty || isStopped { return }
    }
    judge(closed, at: now, &actions)
  }

  private mutating func assign(
    _ model: String,
    at now: ContinuousClock.Instant,
    _ closed: inout [String],
    _ actions: inout [Action]
  ) throws(Impossible) {
    let isServed = accounts.serves(model)
    while let slot = freeSlots.last, let job = ready.first(for: model) {
      if !isServed {
        hand(.refuse(job), job, to: slot, holding: 0, &actions)
        continue
      }
      // Too many that wait for another attempt hold new work back, so that memory stays bounded.
      if delayed.count >= settings.mostDelayed, job.failures == 0 { return }
      let need = memory.need(of: job.shape.bytes)
      guard memory.hasRoom(for: need) else { return }
      guard let worst = job.worst else { return stop(.unpriced(model: model), &actions) }
      switch money.reserve(worst) {
      case .wait: return
      case .exhausted:
        guard let cap = money.cap else { throw Impossible(what: "a budget without a cap ended") }
        return stop(.budget(spent: money.spent, cap: cap, next: worst), &actions)
      case .granted(let reserved):
        guard let assignment = place(job, reserved, worst, at: now, &closed, &actions) else {
          return money.giveBack(reserved, worst: worst)
        }
        patience.sent(at: now)
        hand(.send(assignment), job, to: slot, holding: need, &actions)
      }
    }
  }

  private mutating func hand(
    _ work: SlotWork,
    _ job: Job,
    to slot: Int,
    holding bytes: Int,
    _ actions: inout [Action]
  ) {
    ready.removeFirst(for: job.shape.model)
    freeSlots.removeLast()
    memory.hold(bytes)
    inSlots[job.number] = bytes
    actions.append(.assign(slot: slot, work))
  }

  /// Finds an account with room and a key for a job.
  private mutating func place(
    _ job: Job,
    _ reserved: USD,
    _ worst: USD,
    at now: ContinuousClock.Instant,
    _ closed: inout [String],
    _ actions: inout [Action]
  ) -> Assignment? {
    let model = job.shape.model
    var candidates = accounts.byRoom(for: model)
    while true {
      let prefix = settings.followsPrefix ? job.prefix : nil
      let random = Double.random(in: 0..<1, using: &self.random)
      let place = accounts.place(
        job.shape,
        prefix: prefix,
        notAgain: job.brokenPlace,
        among: candidates,
        at: now,
        random: random
      )
      switch place {
      case .wait(let until): blocked[model] = .until(until)
      case .closed:
        blocked[model] = .closed
        closed.append(model)
      case .granted(let account, let grant):
        if let key = keys.lease(account) {
          return Assignment(
            job: job,
            account: account,
            grant: grant,
            key: key,
            reserved: reserved,
            worst: worst
          )
        }
        loseKey(account, grant, at: now, &actions)
        candidates.removeAll { $0 == account }
        continue
      }
      return nil
    }
  }

  /// A job that was in a slot, or delayed, can leave again, or goes away where it is no longer ours.
  mutating func putBack(_ job: Job) {
    if segments.isOurs(job) { ready.putBack(job) } else { drop(job) }
  }

  /// Nothing more is done about a job here.
  mutating func drop(_ job: Job) { segments.settle(1, of: job.segment.lease) }

  mutating func leaveSlot(_ job: Job, _ what: String) throws(Impossible) {
    guard let bytes = inSlots.removeValue(forKey: job.number) else {
      throw Impossible(what: "job \(job.number + 1) was \(what), but no slot had it")
    }
    memory.release(bytes)
  }

  mutating func hear(_ heartbeat: Heartbeat, asked: ContinuousClock.Instant) {
    forget(segments.heard(heartbeat, asked: asked))
    guard segments.hasSuspended else { return }
    let isAside: (Job) -> Bool = { [segments] in !segments.isOurs($0) }
    for job in ready.remove(where: isAside) + delayed.remove(where: isAside) { drop(job) }
  }

  /// Lets go of the jobs of leases that were lost.
  mutating func forget(_ lost: Set<SegmentLease>) {
    guard !lost.isEmpty else { return }
    _ = ready.remove { lost.contains($0.segment.lease) }
    _ = delayed.remove { lost.contains($0.segment.lease) }
  }
}
