// What becomes of requests.
extension AccountState {
  /// A granted request is over.
  ///
  /// - Parameters:
  ///   - job: whose request it was.
  ///   - sighting: what its answer says about the limits.
  ///   - random: uniform in 0 ..< 1, spreads what is done later.
  package mutating func ended(
    _ grant: Grant,
    _ end: RequestEnd,
    job: Int,
    sighting: LimitSighting = .nothing,
    at now: ContinuousClock.Instant,
    random: Double
  ) -> EndVerdict {
    var verdict = EndVerdict()
    parkings.ended()
    switch end {
    case .answered(let usage, let elapsed):
      verdict.isBack = answered(grant, job, usage, elapsed, sighting, at: now)
    case .paced(let cause, let wait):
      endpointAnswered(grant, at: now)
      let believed = wait.map(AskedWait.believed)
      paced(grant, for: cause, wait: believed, sighting: sighting, at: now, random: random)
      if wait != believed { pacers[grant.pacer].isTrial = true }
      if case .limit(let meter) = cause {
        verdict.isTooLarge = pacers[grant.pacer].isTooLarge(grant.charge, for: meter)
      }
    case .failed(let cause, let wait, let answered, let isAboutRequest):
      let failure = EndpointFailure(
        job: job,
        cause: cause,
        wait: wait.map(AskedWait.believed),
        answered: answered,
        isAboutRequest: isAboutRequest
      )
      verdict = failed(grant, failure, at: now, random: random)
    case .refused:
      endpointAnswered(grant, at: now)
      pacers[grant.pacer].giveBack(grant.charge, counts: charges.countsRefusals, at: now)
    case .refusedRoute:
      verdict.hasOtherRoute = endpoints.hasOtherRoute(than: grant.place)
      endpoints.refusedRoute(grant.place, at: now, random: random)
      pacers[grant.pacer].giveBack(grant.charge, counts: charges.countsRefusals, at: now)
    case .cancelled(let left):
      endpoints.cancelled(grant.place, at: now)
      pacers[grant.pacer].giveBack(grant.charge, counts: left, at: now)
    }
    return verdict
  }

  /// The endpoint and the key work; says whether this brings a parked account back.
  private mutating func answered(
    _ grant: Grant,
    _ job: Int,
    _ usage: Usage?,
    _ elapsed: Duration,
    _ sighting: LimitSighting,
    at now: ContinuousClock.Instant
  ) -> Bool {
    endpointAnswered(grant, at: now)
    endpoints.clear(job, at: grant.place)
    retries.answered(at: seconds(now))
    answeredAt = now
    trouble = nil
    if let usage {
      pacers[grant.pacer].settle(
        grant.charge,
        input: Double(usage.inputTokens + usage.cacheCreation),
        output: Double(usage.outputTokens),
        elapsed: elapsed,
        at: now
      )
    } else {
      pacers[grant.pacer].refusedItself(grant.charge, at: now)
    }
    pacers[grant.pacer].see(sighting, after: grant.charge, at: now)
    return parkings.answered(at: now)
  }

  /// The provider asked to slow down: what was limited waits until it is allowed again, however long
  /// that is.
  private mutating func paced(
    _ grant: Grant,
    for cause: PaceCause,
    wait: Duration?,
    sighting: LimitSighting,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    rateLimited += 1
    if let wait, wait > .zero { holdAll(besides: grant.pacer, until: now + wait, at: now) }
    switch cause {
    case .limit(let meter):
      pacers[grant.pacer].refused(
        grant.charge,
        for: meter,
        wait: wait,
        sighting: sighting,
        at: now,
        random: random
      )
    case .slowDown:
      pacers[grant.pacer].giveBack(grant.charge, counts: charges.countsRefusals, at: now)
      pacers[grant.pacer].see(sighting, at: now)
      pacers[grant.pacer].slowDown(wait: wait, at: now)
    }
  }

  /// Holds all models where the limit is the account's.
  ///
  /// Limits are mostly those of a model. Where a second model is told to wait while a first one
  /// does, and nothing was answered since, they are not.
  private mutating func holdAll(
    besides pacer: Int,
    until time: ContinuousClock.Instant,
    at now: ContinuousClock.Instant
  ) {
    let isShared = pacers.indices.contains { other in
      guard other != pacer, let held = pacers[other].held, held.until > now else { return false }
      return answeredAt.map { $0 < held.since } ?? true
    }
    if isShared { allHeldUntil = max(allHeldUntil ?? time, time) }
  }

  private mutating func failed(
    _ grant: Grant,
    _ failure: EndpointFailure,
    at now: ContinuousClock.Instant,
    random: Double
  ) -> EndVerdict {
    var verdict = EndVerdict()
    verdict.hasOtherRoute = !failure.answered && endpoints.hasOtherRoute(than: grant.place)
    if failure.isBeforeLeaving {
      // The provider has seen nothing of it, and it says nothing of how many may be under way.
      pacers[grant.pacer].giveBack(grant.charge, counts: false, at: now)
      let wereDown = endpoints.down
      verdict.isCharged = endpoints.failed(grant.place, failure, at: now, random: random)
      if endpoints.down > wereDown { restart(at: now) }
      return verdict
    }
    guard failure.cause == .overload else {
      pacers[grant.pacer].giveBack(grant.charge, counts: true, at: now)
      verdict.isCharged = endpoints.failed(grant.place, failure, at: now, random: random)
      return verdict
    }
    if pacers[grant.pacer].overloaded(grant.charge, at: now), failure.answered {
      endpoints.crowded(grant.place, at: now)
    } else {
      let wereDown = endpoints.down
      verdict.isCharged = endpoints.failed(grant.place, failure, at: now, random: random)
      // What an outage refused says nothing of how many may be under way.
      if endpoints.down > wereDown { restart(at: now) }
    }
    // While most are answered, those that are not come back by their own backoff.
    if pacers[grant.pacer].overloadShare >= 0.5 {
      verdict.retryAt = origin + .seconds(retries.take(at: seconds(now)))
    }
    return verdict
  }

  private mutating func endpointAnswered(_ grant: Grant, at now: ContinuousClock.Instant) {
    let wereDown = endpoints.down
    endpoints.succeeded(grant.place, at: now)
    if endpoints.down < wereDown { restart(at: now) }
  }

  private mutating func restart(at now: ContinuousClock.Instant) {
    for index in pacers.indices { pacers[index].restart(at: now) }
  }
}

// Whether it can be used at all.
extension AccountState {
  /// The account cannot be used; says whether that is news.
  ///
  /// - Parameter wait: until the refusal is over, where the provider says so.
  package mutating func park(
    _ reason: ParkReason,
    _ message: String,
    for wait: Duration? = nil,
    at now: ContinuousClock.Instant
  ) -> Bool {
    parkings.park(reason, message, for: wait, at: now)
  }

  /// The last key was refused and another is being looked for; nothing leaves meanwhile.
  package mutating func lostKey() { parkings.lostKey() }

  /// There is a key again.
  ///
  /// - Parameter isTrial: whether it was refused before and is to be tried with one request.
  /// - Returns: whether this brings a parked account back.
  package mutating func keyAppeared(isTrial: Bool) -> Bool {
    parkings.keyAppeared(isTrial: isTrial)
  }
}
