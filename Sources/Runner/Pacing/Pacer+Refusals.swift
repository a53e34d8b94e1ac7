// What refusals say.
extension Pacer {
  /// The provider refused a request for its pace.
  ///
  /// - Parameters:
  ///   - meter: the limit that it names.
  ///   - wait: what the provider asked for; nil where it named no time.
  ///   - sighting: what the refusal says about the limits.
  ///   - random: uniform in 0 ..< 1, spreads the waits that the provider did not name.
  package mutating func refused(
    _ charge: Charge,
    for meter: Meter?,
    wait: Duration?,
    sighting: LimitSighting,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    let time = seconds(now)
    end(refused: charge, at: now)
    learnReservation(charge, meter, sighting)
    see(sighting, at: now)
    refusedShare += 0.03 * (1 - refusedShare)
    // Those that were under way when the first was refused say nothing new.
    let isNews = refusedAt.map { charge.time > $0 && time - $0 >= 0.1 } ?? true
    // One that all waits for is dear, however few they are.
    let isSoonAgain = isNews && wait != nil && refusedAt.map { time - $0 < Self.soon } ?? false
    let meter = meter ?? meterShort(of: charge, sighting)
    buckets[meter].refused(
      held: charge.held[meter],
      sentAt: charge.time,
      sendRate: sendRate(of: meter, at: time),
      isNews: isNews,
      isFrequent: refusedShare > Self.frequent || isSoonAgain,
      mayBeChance: wait == nil,
      at: time
    )
    if isNews { note(refusalAt: time) }
    pause(for: wait, isNews: isNews, at: now, random: random)
  }

  private mutating func note(refusalAt time: Double) {
    refusedAt = time
    refusals = min(refusals + 1, 16)
    sent = Metered(repeating: 0)
    sentRequests = 0
    heldBefore = heldSeconds
  }

  /// Waits as long as the provider asks, however long that is; where it names no time, or one of
  /// nothing again and again, only if it refuses everything, and longer each time.
  private mutating func pause(
    for wait: Duration?,
    isNews: Bool,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    if let wait, wait > .zero { return hold(until: now + wait, at: now) }
    guard isNews, refusals >= Self.patience else { return }
    let backoff = min(Self.longestBackoff, 0.5 * Double(1 << (refusals - Self.patience)))
    hold(until: now + .seconds(backoff * (0.5 + random / 2)), at: now, isAsked: false)
  }

  /// - Parameter isAsked: whether the provider asked for it.
  mutating func hold(
    until time: ContinuousClock.Instant,
    at now: ContinuousClock.Instant,
    isAsked: Bool = true
  ) {
    isTrial = isTrial || time - now > AskedWait.untilProbe
    if let held, held.until > now {
      heldSeconds += max(0, (time - held.until).seconds)
      self.held = (held.since, max(held.until, time), held.isAsked || isAsked)
    } else {
      heldSeconds += (time - now).seconds
      held = (now, time, isAsked)
    }
  }

  /// Takes up a hold of an earlier run.
  ///
  /// Who starts it again wants to know whether a long one is over: one request asks at once.
  mutating func remember(
    heldUntil time: ContinuousClock.Instant,
    isTrial isLong: Bool,
    at now: ContinuousClock.Instant
  ) {
    isTrial = isLong || time - now > AskedWait.untilProbe
    if !isTrial { hold(until: time, at: now) }
  }

  /// The provider asked for a slower rise: half the rate, and up again from there.
  package mutating func slowDown(wait: Duration?, at now: ContinuousClock.Instant) {
    let time = seconds(now)
    if let wait { hold(until: now + wait, at: now) }
    if let refusedAt, time - refusedAt < 1 { return }
    if let sent = sendRate(of: .requests, at: time) {
      buckets.requests.fall(to: sent / 2, at: time)
    }
    note(refusalAt: time)
  }

  /// A request met an overload, or nobody.
  ///
  /// - Returns: whether that is because too many were under way.
  package mutating func overloaded(_ charge: Charge, at now: ContinuousClock.Instant) -> Bool {
    let time = seconds(now)
    giveBack(charge, counts: true, at: now)
    overloadShare += Self.recent * (1 - overloadShare)
    let isAbove = concurrency.refused(at: charge.level, time)
    // In an outage, too, the levels that are refused are found; but then none is worked on.
    return isAbove && meanAge(at: time) > 3 * (time - charge.time) + 0.02
  }

  /// For how long the requests that are under way have been so, on average, seconds.
  private func meanAge(at time: Double) -> Double {
    inFlight > 0 ? time - departures / Double(inFlight) : 0
  }

  /// An outage began or is over: begins with few requests at a time.
  package mutating func restart(at now: ContinuousClock.Instant) {
    concurrency.restart(at: seconds(now))
  }

  /// What is sent in a second, whatever becomes of it; nil where too little was to tell.
  ///
  /// Time on hold does not count.
  private mutating func sendRate(of meter: Meter, at time: Double) -> Double? {
    let span = min(SendHistory.span, max(0.1, time))
    if history.sum(of: .requests, since: time - span, at: time) >= Self.telling {
      return paced.sum(of: meter, since: time - span, at: time) / span
    }
    guard let refusedAt, sentRequests >= Self.telling else { return nil }
    return sent[meter] / max(0.1, time - refusedAt - (heldSeconds - heldBefore))
  }

  /// The limit that a refusal is most likely about, where it names none.
  private func meterShort(of charge: Charge, _ sighting: LimitSighting) -> Meter {
    Meter.allCases.first { meter in
      guard let remaining = sighting[meter]?.remaining else { return false }
      return remaining < max(charge.held[meter], meter == .outputTokens ? 1 : 0)
    } ?? .requests
  }

  /// Where output counts as it is produced, no request is refused while output is left.
  private mutating func learnReservation(
    _ charge: Charge,
    _ meter: Meter?,
    _ sighting: LimitSighting
  ) {
    guard charges.output == .produced, !charges.sharesTokens, meter == .outputTokens,
      let standing = sighting.outputTokens, let remaining = standing.remaining,
      remaining >= max(2, standing.granularity)
    else { return }
    reservationSigns += 1
    if reservationSigns >= 2 { charges.output = .reserved }
  }
}
