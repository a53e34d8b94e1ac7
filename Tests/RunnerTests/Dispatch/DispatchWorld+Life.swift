import Jobs
import KeySources
import Runner
import TestSupport

// What happens in the world.
extension DispatchWorld {
  /// Lives until every job has its end, or the dispatcher has stopped the run.
  mutating func live() {
    begin()
    var steps = 0
    while stopped == nil, faults.isEmpty, !isAllDone || !state.isOver {
      steps += 1
      guard steps < 20_000, let next = coming.indices.min(by: { coming[$0].at < coming[$1].at })
      else {
        faults.append("jobs are left at the end of time: \(places.filter { $0.value != .gone })")
        return
      }
      let (time, what) = coming.remove(at: next)
      now = max(now, time)
      happen(what)
    }
    finish()
  }

  private mutating func begin() {
    tell(.inputGrew(isComplete: true))
    for slot in 0..<scale.slots { free(slot) }
    coming.append((now + .seconds(5), .glance))
    for _ in 0..<disturbances { later(20_000, .disturbance) }
  }

  private mutating func happen(_ what: Coming) {
    switch what {
    case .tick: tell(.tick)
    case .glance: glance()
    case .claimed(let count): claim(count)
    case .end(let slot, let assignment): end(assignment, in: slot)
    case .settled(let slot, let job):
      places[job.number] = .gone
      tell(.finished(job))
      commit(job)
      free(slot)
    case .disturbance: disturb()
    }
  }

  /// What a run does every few seconds; and in this world nothing stays bad for ever.
  private mutating func glance() {
    coming.append((now + .seconds(5), .glance))
    if scale.isQueue { tell(.heard(Heartbeat(), asked: now)) }
    tell(.tick)
    guard inFlight.isEmpty, random.once(in: 3) else { return }
    isPaused = false
    tell(.paused(false))
    findKeys()
  }

  private mutating func free(_ slot: Int) {
    freeSlots.insert(slot)
    tell(.free(slot: slot))
  }

  private mutating func claim(_ count: Int) {
    let taken = unclaimed.prefix(count)
    unclaimed.removeFirst(taken.count)
    for segment in taken {
      let lease = SegmentLease(segment: segment, epoch: epoch)
      leased[segment] = lease
      let first = segment * scale.segmentJobs
      let lines = (first..<first + scale.segmentJobs).filter { places[$0] == .stored }
      let loaded = LoadedSegment(lease: lease, lines: lines.map { jobs[$0] })
      var left: [(job: Job, wait: Duration)] = []
      for var job in loaded.jobs() {
        job.attempts = attempts[job.number] ?? 0
        job.worst = scale.budget == nil ? .zero : USD(nanos: 10)
        let wait = Duration.milliseconds(random.once(in: 8) ? 700 : 0)
        left.append((job, wait))
        places[job.number] = wait > .zero ? .delayed(until: now + wait) : .ready
      }
      tell(.leased(lease, left, bytes: 100))
    }
    let nothing = SegmentSupply.Claimed.nothing(isAtEnd: isAllDone)
    tell(.claimed(taken.isEmpty ? nothing : .segments))
  }

  private mutating func end(_ assignment: Assignment, in slot: Int) {
    guard inFlight.removeValue(forKey: assignment.job.number) != nil else { return }
    if random.once(in: 12) { return withdraw(assignment, slot) }
    let end = AttemptEnd(drawn: &random, cost: assignment.reserved)
    note(end, of: assignment)
    let verdict = tell(.ended(assignment, end))
    let job = assignment.job
    if lost.contains(job.number) { return endLost(job, verdict, slot) }
    switch verdict {
    case .settle, .exhausted:
      places[job.number] = .settling(slot)
      return later(30, .settled(slot: slot, job))
    case .later(let job, let time):
      expect(time >= now, "job \(job.number) is put off into the past")
      attempts[job.number] = job.attempts
      places[job.number] = .delayed(until: time)
      tell(.later(job, at: time))
    case .again, nil:
      expect(verdict != nil, "the end of a request of job \(job.number) had no answer")
    }
    free(slot)
  }

  /// The end of a request whose job others have taken over.
  private mutating func endLost(_ job: Job, _ verdict: JobVerdict?, _ slot: Int) {
    lost.remove(job.number)
    places[job.number] = .gone
    switch verdict {
    case .settle, .exhausted:
      places[job.number] = .settling(slot)
      return later(30, .settled(slot: slot, job))
    case .later(let job, let time): tell(.later(job, at: time))
    case .again, nil: break
    }
    free(slot)
  }

  private mutating func withdraw(_ assignment: Assignment, _ slot: Int) {
    let job = assignment.job
    let isOver = random.once(in: 2)
    let isLost = lost.remove(job.number) != nil
    places[job.number] = isOver ? .settling(slot) : isLost ? .gone : .ready
    tell(.withdrawn(assignment, isOver: isOver))
    if isOver { later(30, .settled(slot: slot, job)) } else { free(slot) }
  }

  /// What the end of a request means for the world.
  private mutating func note(_ end: AttemptEnd, of assignment: Assignment) {
    let (job, account) = (assignment.job, assignment.account)
    let returned: Place = lost.contains(job.number) ? .gone : .ready
    switch end.billed {
    case .answered(let cost, let unanswered): spent += cost + unanswered
    case .maybe: spent += assignment.reserved
    case .nothing: break
    }
    switch end.outcome {
    case .pace, .park(_, .credential, _): refused.insert(job.number)
    default: break
    }
    switch end.outcome {
    case .pace(_, _, let wait?):
      let place = "\(account) \(job.shape.model)"
      heldUntil[place] = max(heldUntil[place] ?? now, now + wait)
      places[job.number] = returned
    case .pace, nil: places[job.number] = returned
    case .park(_, let reason, _):
      places[job.number] = returned
      guard reason == .credential, !end.hasOtherKey else { return }
      keys.set(account, false)
    case .completed, .fail, .retry: break
    }
  }

  private mutating func commit(_ job: Job) {
    var receipt = FlushReceipt()
    let lease = job.segment.lease
    receipt.committed = [lease: 1]
    let segment = lease.segment
    let first = segment * scale.segmentJobs
    if (first..<first + scale.segmentJobs).allSatisfy({ places[$0] == .gone }) {
      receipt.closed = [segment]
    }
    tell(.committed(receipt))
  }

  private mutating func disturb() {
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      isPaused.toggle()
      tell(.paused(isPaused))
      if isPaused { later(3_000, .disturbance) }
    case 1: kill()
    case 2:
      let account = Int.random(in: 0..<scale.accounts, using: &random)
      keys.set(account, false)
      tell(.keyMissing(account: account, reason: "gone"))
      coming.append((now + .seconds(2), .disturbance))
    case 3 where scale.isQueue:
      var heartbeat = Heartbeat()
      heartbeat.isReborn = random.once(in: 2)
      if heartbeat.isReborn { loseLeases() }
      tell(.heard(heartbeat, asked: now))
    default: findKeys()
    }
    if isPaused, !coming.contains(where: { if case .disturbance = $0.what { true } else { false } })
    {
      later(1_000, .disturbance)
    }
  }

  mutating func findKeys() {
    for account in 0..<scale.accounts {
      keys.set(account, true)
      tell(.keyFound(account: account, isTrial: random.once(in: 4)))
    }
  }

  /// Others took the jobs over, and hand them back; what is on its way ends as it may.
  private mutating func loseLeases() {
    epoch += 1
    for (number, place) in places where place == .ready { places[number] = .stored }
    for (number, place) in places {
      if case .delayed = place { places[number] = .stored }
    }
    let busy = Set(inFlight.keys).union(
      places.filter { if case .settling = $0.value { true } else { false } }.keys
    )
    // A segment comes back once nothing of it is here any more.
    unclaimed = (0..<scale.segments).filter { segment in
      let numbers = segment * scale.segmentJobs..<(segment + 1) * scale.segmentJobs
      return numbers.contains { places[$0] == .stored } && !numbers.contains(where: busy.contains)
    }
    for number in places.keys where !busy.contains(number) {
      let segment = number / scale.segmentJobs
      if !unclaimed.contains(segment), places[number] == .stored { places[number] = .gone }
    }
    lost.formUnion(inFlight.keys)
  }

  /// The process dies, and another begins with what is durable.
  private mutating func kill() {
    epoch += 1
    coming.removeAll { if case .disturbance = $0.what { false } else { true } }
    coming.append((now + .seconds(5), .glance))
    for assignment in inFlight.values { spent += assignment.reserved }
    for (number, place) in places where place != .gone { places[number] = .stored }
    (inFlight, freeSlots, isPaused, heldUntil, lost) = ([:], [], false, [:], [])
    unclaimed = Array(0..<scale.segments)
    for account in 0..<scale.accounts { keys.set(account, true) }
    state = Self.dispatcher(scale, keys, spent: spent, seed: UInt64(epoch), at: now)
    tell(.inputGrew(isComplete: true))
    for slot in 0..<scale.slots { free(slot) }
  }
}

extension AttemptEnd {
  /// An end of any kind; most requests are answered.
  fileprivate init(drawn random: inout SeededGenerator, cost: USD) {
    let refusal = Refusal(status: 500, code: "test", message: "no")
    let wait: Duration? =
      random.once(in: 2) ? .milliseconds(.random(in: 0...5_000, using: &random)) : nil
    switch Int.random(in: 0..<20, using: &random) {
    case 0: self.init(outcome: .fail(refusal))
    case 1, 2: self.init(outcome: .retry(refusal, .overload, after: wait))
    case 3, 4: self.init(outcome: .retry(refusal, .fault, after: wait))
    case 5, 6: self.init(outcome: .pace(refusal, .limit(nil), after: wait))
    case 7:
      self.init(outcome: .park(refusal, .credential, until: nil))
      hasOtherKey = random.once(in: 2)
    case 8:
      self.init(outcome: .park(refusal, .billing, until: nil))
      parkedFor = wait
    case 9: self.init(outcome: nil)
    default: self.init(outcome: .completed(Completion(Usage(inputTokens: 5, outputTokens: 5))))
    }
    isAnswered = outcome != nil
    bytes = isAnswered ? .random(in: 1...500, using: &random) : 0
    if cost > .zero {
      if case .completed = outcome {
        billed = .answered(
          cost: USD(nanos: .random(in: 1...cost.nanos, using: &random)),
          unanswered: .zero
        )
      } else if outcome == nil {
        billed = .maybe(isKept: false)
      }
    }
  }
}
