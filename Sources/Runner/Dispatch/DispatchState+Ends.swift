import Jobs
import KeySources

// What becomes of requests, and what it means for their jobs and accounts.
extension DispatchState {
  /// The request did not leave.
  mutating func withdraw(
    _ assignment: Assignment,
    _ isOver: Bool,
    at now: ContinuousClock.Instant
  ) throws(Impossible) {
    money.giveBack(assignment.reserved, worst: assignment.worst)
    _ = accounts[assignment.account].ended(
      assignment.grant,
      .cancelled(left: false),
      job: assignment.job.number,
      at: now,
      random: 0
    )
    blocked = [:]
    if isOver { return try require(assignment.job) }
    try leaveSlot(assignment.job, "handed back")
    putBack(assignment.job)
  }

  private func require(_ job: Job) throws(Impossible) {
    guard inSlots[job.number] != nil else {
      throw Impossible(what: "a request of job \(job.number + 1) ended, but no slot had it")
    }
  }

  mutating func close(
    _ assignment: Assignment,
    _ end: AttemptEnd,
    at now: ContinuousClock.Instant,
    _ actions: inout [Action]
  ) throws(Impossible) {
    try require(assignment.job)
    let random = Double.random(in: 0..<1, using: &random)
    money.close(assignment.reserved, end.billed, worst: assignment.worst)
    hold(end.bytes, for: assignment.job)
    blocked = [:]
    let verdict = accounts[assignment.account].ended(
      assignment.grant,
      RequestEnd(end),
      job: assignment.job.number,
      sighting: end.sighting,
      at: now,
      random: random
    )
    switch end.outcome {
    case .completed:
      var service = service(of: assignment)
      service.jobs += 1
      services[assignment.account] = service
      commonFailure.completed()
      patience.answered()
    case .fail(let refusal):
      failed(assignment.job, refusal, at: end.url, &actions)
      patience.answered()
    case .retry, .pace, .park, nil: break
    }
    if verdict.isBack { reopen(assignment.account, &actions) }
    heed(end, verdict, of: assignment.account, at: now, &actions)
    let fate = fate(of: assignment, end, verdict, random, at: now)
    switch fate.verdict {
    case .again:
      try leaveSlot(fate.job, "handed back")
      putBack(fate.job)
    case .exhausted(let job):
      guard let refusal = end.outcome?.refusal, refusal.paid != nil else { break }
      failed(job, refusal, at: end.url, &actions)
    case .settle, .later: break
    }
    actions.append(.verdict(fate.verdict))
  }

  /// A job has failed by what came for it; where all do alike, more need not be paid for.
  private mutating func failed(
    _ job: Job,
    _ refusal: Refusal,
    at url: String,
    _ actions: inout [Action]
  ) {
    let cause = commonFailure.failed(job, refusal, at: url)
    if let cause { stop(.failingAlike(cause), &actions) }
  }

  /// In place of what was held for its request, a job holds its answer until it is settled.
  private mutating func hold(_ answer: Int, for job: Job) {
    guard answer > 0, let bytes = inSlots[job.number] else { return }
    memory.learn(answer: answer)
    memory.release(bytes)
    memory.hold(answer)
    inSlots[job.number] = answer
  }

  /// What an end means for its account beyond its pace.
  private mutating func heed(
    _ end: AttemptEnd,
    _ verdict: EndVerdict,
    of account: Int,
    at now: ContinuousClock.Instant,
    _ actions: inout [Action]
  ) {
    note(end.outcome, of: account)
    switch end.outcome {
    case .pace(_, _, let wait): actions.append(.rateLimited(account: account, wait: wait))
    case .park(let refusal, .credential, _):
      if end.hasOtherKey { return }
      patience.refused(refusal.message, account: account)
      accounts[account].lostKey()
      actions.append(.findKey(account: account))
    case .park(_, .route, _) where verdict.hasOtherRoute: break
    case .park(let refusal, let reason, _):
      park(account, reason, refusal.message, until: end.parkedFor, at: now, &actions)
    case .retry(let refusal, _, _) where !end.isAnswered:
      patience.failed(refusal.message)
      if let reason = patience.silence(at: now, hasAnswered: accounts.hasAnswered) {
        stop(reason, &actions)
      }
    case .completed, .fail, .retry, nil: break
    }
  }

  private mutating func note(_ outcome: Outcome?, of account: Int) {
    switch outcome {
    case .pace(let refusal, _, _), .retry(let refusal, _, _), .park(let refusal, .route, _):
      accounts[account].trouble = String(refusal.words.prefix(300))
    case .completed, .park, .fail, nil: break
    }
  }

  /// So many answers that were cut or broken off are paid for, also while nobody gets a whole one.
  private static let mostLostAnswers = 3

  /// So often a request that has not left is tried again at once, before it waits its turn.
  private static let mostBroken = 3

  private func fate(
    of assignment: Assignment,
    _ end: AttemptEnd,
    _ verdict: EndVerdict,
    _ random: Double,
    at now: ContinuousClock.Instant
  ) -> (job: Job, verdict: JobVerdict) {
    var job = assignment.job
    if end.outcome?.refusal?.paid != nil { job.lostAnswers += 1 }
    let isEnough = job.lostAnswers >= Self.mostLostAnswers
    switch end.outcome {
    case .completed, .fail: return (job, .settle)
    case .retry where isEnough, .pace where isEnough: return (job, .exhausted(job))
    case .park(_, .credential, _): return refusedKey(job, of: assignment)
    case .park, nil: return (job, .again)
    case .pace:
      // One that is larger than a limit by itself fails after a few times, since no wait makes it fit.
      job.refusals += 1
      let isHopeless = verdict.isTooLarge && job.refusals >= Self.mostRefusals
      return (job, isHopeless ? .exhausted(job) : .again)
    case .retry
    where !end.mayHaveLeft && job.broken < Self.mostBroken
      && (end.isBroken || verdict.hasOtherRoute) && !verdict.isCharged:
      job.broken += 1
      let place = assignment.grant.place
      job.brokenPlace = (assignment.account, place.endpoint, place.route)
      return (job, .again)
    case .retry(_, _, let asked):
      (job.broken, job.brokenPlace) = (0, nil)
      job.failures += 1
      job.attempts += verdict.isCharged ? 1 : 0
      guard job.attempts < settings.retries.attempts else { return (job, .exhausted(job)) }
      let delay = settings.retries.delay(after: job.failures, asked: asked, random: random)
      return (job, .later(job, at: max(now + delay, verdict.retryAt ?? now)))
    }
  }
}

extension DispatchState {
  /// So many refusals of a job by a key that served others in between are about the job.
  private static let mostKeyRefusals = 3

  /// A credential never fails a job: it waits for a key that works, behind those that it might keep
  /// waiting.
  ///
  /// But a key that works for others, before and after, is not what is wrong.
  private func refusedKey(
    _ job: Job,
    of assignment: Assignment
  ) -> (job: Job, verdict: JobVerdict) {
    var job = job
    let service = service(of: assignment)
    if let before = job.keyRefusal, before.key == service.key {
      if service.jobs > before.jobs { job.keyRefusals += 1 }
    } else {
      job.keyRefusals = 1
    }
    job.keyRefusal = service
    return (job, job.keyRefusals >= Self.mostKeyRefusals ? .exhausted(job) : .again)
  }

  /// What the key of an assignment has served so far.
  private func service(of assignment: Assignment) -> KeyService {
    let key = assignment.key.generation
    let known = services[assignment.account]
    return known.flatMap { $0.key == key ? $0 : nil } ?? KeyService(key: key)
  }
}

extension RequestEnd {
  fileprivate init(_ end: AttemptEnd) {
    switch end.outcome {
    case .completed(let answer):
      self = .answered(usage: answer.usage, elapsed: end.elapsed)
    case .fail: self = .answered(usage: nil, elapsed: end.elapsed)
    case .pace(_, let cause, let wait): self = .paced(cause, wait: wait)
    case .park(_, .route, _): self = .refusedRoute
    case .park: self = .refused
    case .retry(_, let cause, let wait):
      self = .failed(
        cause,
        wait: wait,
        answered: end.isAnswered,
        isAboutRequest: end.isAboutRequest
      )
    case nil: self = .cancelled(left: end.mayHaveLeft)
    }
  }
}
