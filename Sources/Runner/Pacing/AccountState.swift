/// When and where an account's next request may leave: a pure value, one for each account.
package struct AccountState: Sendable {
  /// Leave for one request.
  package struct Grant: Sendable, Equatable {
    package let place: EndpointBalancer.Place
    /// Which of the account's pacers let it in: one for each model.
    let pacer: Int
    package let charge: Charge

    package var sentAt: ContinuousClock.Instant { place.ticket.sentAt }
  }

  /// What an account says to a request.
  package enum Admission: Sendable, Equatable {
    /// It may leave now.
    case granted(Grant)
    /// Ask again at this time, or when another request has ended.
    case wait(until: ContinuousClock.Instant)
    /// It is parked or without a key.
    case closed
  }

  private static let longestBackoff = 60.0

  private let limits: RateLimits
  private let charges: ChargeModel
  private let expectedOutput: Double
  private let inFlightGuess: Int
  private let origin: ContinuousClock.Instant
  private var models: [String: Int] = [:]
  private(set) var pacers: [Pacer] = []
  private var endpoints: EndpointBalancer
  private var overload = OverloadControl()
  private var retries = RetryBudget()
  private var parkings = ParkingState()
  /// Nothing leaves before: the provider's own word.
  package private(set) var heldUntil: ContinuousClock.Instant?
  /// Refusals in a row that named no time.
  private var refusals = 0
  package private(set) var rateLimited = 0
  /// What kept the last request waiting that had to; nil once one did not.
  package private(set) var waiting: Hold?
  /// How often a look found which hold in place.
  package private(set) var heldSeconds: [String: Int] = [:]

  /// - Parameters:
  ///   - inFlightGuess: the most requests at a time while nothing is known of the limits.
  ///   - endpoints: how many there are, at least one.
  package init(
    limits: RateLimits,
    charges: ChargeModel,
    expectedOutput: Double = 256,
    inFlightGuess: Int = .max,
    endpoints: Int = 1,
    at now: ContinuousClock.Instant
  ) {
    self.limits = limits
    self.charges = charges
    self.expectedOutput = expectedOutput
    self.inFlightGuess = inFlightGuess
    origin = now
    self.endpoints = EndpointBalancer(count: endpoints)
  }

  package var parking: Parking? { parkings.parking }
  /// Whether a key is being looked for in place of one that was refused.
  package var isWithoutKey: Bool { parkings.isWithoutKey }
  /// Requests that were granted and have not ended.
  package var inFlight: Int { endpoints.inFlight }
  /// True once any endpoint has answered.
  package var hasAnswered: Bool { endpoints.hasAnswered }

  private func seconds(_ now: ContinuousClock.Instant) -> Double { (now - origin).seconds }

  /// Requests under way for each request a second that the account is known to allow: where it is
  /// lowest there is most room.
  package func load(for model: String) -> Double {
    Double(inFlight) / (models[model].flatMap { pacers[$0].requestRate } ?? 1_000)
  }

  /// Asks for a request to leave.
  ///
  /// - Parameters:
  ///   - model: what the account calls the model; nil for the name in the request.
  ///   - prefix: what ``PromptPrefix`` makes of its beginning; nil where that does not matter.
  ///   - endpoint: one where it must not go; nil for none.
  ///   - random: uniform in 0 ..< 1, for the choice of an endpoint.
  package mutating func admit(
    _ shape: RequestShape,
    model: String? = nil,
    prefix: UInt64? = nil,
    avoiding endpoint: Int? = nil,
    at now: ContinuousClock.Instant,
    random: Double = 0
  ) -> Admission {
    if parkings.isClosed(at: now) { return .closed }
    if let heldUntil, heldUntil > now { return wait(until: heldUntil, for: .retryAfter) }
    let earliest = overload.earliest(at: seconds(now))
    if earliest > seconds(now) { return wait(until: origin + .seconds(earliest), for: .overload) }
    let pacer = pacer(for: model ?? shape.model, at: now)
    let charge = pacers[pacer].charge(for: shape, at: now)
    if let (time, hold) = pacers[pacer].hold(charge, at: now) {
      return wait(until: now + time, for: hold)
    }
    let tokens = charge.expected.inputTokens + charge.expected.outputTokens
    let choice = endpoints.choose(
      prefix: prefix,
      tokens: tokens,
      avoiding: endpoint,
      at: now,
      random: random
    )
    guard case .place(let place) = choice else {
      guard case .wait(let until) = choice else { return .closed }
      return wait(until: until, for: .outage)
    }
    pacers[pacer].take(charge)
    overload.sending(at: seconds(now))
    parkings.sending()
    waiting = nil
    return .granted(Grant(place: place, pacer: pacer, charge: charge))
  }

  private mutating func wait(
    until time: ContinuousClock.Instant,
    for hold: Hold
  ) -> Admission {
    waiting = hold
    return .wait(until: time)
  }

  private mutating func pacer(for model: String, at now: ContinuousClock.Instant) -> Int {
    if let known = models[model] { return known }
    models[model] = pacers.count
    pacers.append(
      Pacer(
        limits: limits,
        charges: charges,
        expectedOutput: expectedOutput,
        inFlightGuess: inFlightGuess,
        at: now
      )
    )
    return pacers.count - 1
  }
}

// What is told about it.
extension AccountState {
  package var pacerReports: [PacerReport] {
    models.sorted { $0.key < $1.key }.map { pacers[$0.value].report(for: $0.key) }
  }

  /// How long the provider's own word, to wait or that the account is parked, is still good for.
  package func heldFor(at now: ContinuousClock.Instant) -> Duration? {
    let until = parking.flatMap { $0.isTold ? $0.retryAt : nil } ?? heldUntil
    return until.flatMap { $0 > now ? $0 - now : nil }
  }

  /// Notes what holds the account back; called once a second while jobs wait.
  package mutating func noteHold() {
    guard parking == nil, !isWithoutKey else { return }
    heldSeconds[waiting?.name ?? "nothing", default: 0] += 1
  }
}

// What becomes of requests.
extension AccountState {
  /// A granted request did not leave, or was cut off by us.
  ///
  /// - Parameter left: whether the provider may have counted it.
  package mutating func cancelled(
    _ grant: Grant,
    left: Bool = false,
    at now: ContinuousClock.Instant
  ) {
    parkings.ended()
    endpoints.cancelled(grant.place, at: now)
    pacers[grant.pacer].giveBack(grant.charge, counts: left, at: now)
  }

  /// A request was answered; the endpoint and the key work.
  ///
  /// - Parameters:
  ///   - usage: what the answer used; nil for the refusal of a job.
  ///   - sighting: what it says about the limits.
  /// - Returns: whether this brings a parked account back.
  package mutating func answered(
    _ grant: Grant,
    usage: Usage?,
    elapsed: Duration = .zero,
    sighting: LimitSighting = .nothing,
    at now: ContinuousClock.Instant
  ) -> Bool {
    endpointAnswered(grant, at: now)
    retries.answered(at: seconds(now))
    if let usage {
      pacers[grant.pacer].settle(
        grant.charge,
        input: Double(usage.inputTokens + usage.cacheCreation),
        output: Double(usage.outputTokens),
        elapsed: elapsed,
        at: now
      )
      refusals = 0
    } else {
      pacers[grant.pacer].giveBack(grant.charge, counts: true, at: now)
    }
    pacers[grant.pacer].see(sighting, after: grant.charge, at: now)
    return parkings.answered(at: now)
  }

  /// The provider asked to slow down: nothing leaves before it is allowed again, however long that
  /// is.
  ///
  /// - Parameters:
  ///   - wait: what the provider asked for; nil where it named no time, then the wait doubles with
  ///     each refusal in a row up to a minute.
  ///   - random: uniform in 0 ..< 1, spreads the waits that the provider did not name.
  package mutating func paced(
    _ grant: Grant,
    for cause: PaceCause,
    wait: Duration?,
    sighting: LimitSighting = .nothing,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    endpointAnswered(grant, at: now)
    rateLimited += 1
    switch cause {
    case .limit(let meter):
      pacers[grant.pacer].refused(grant.charge, for: meter, sighting: sighting, at: now)
    case .slowDown:
      pacers[grant.pacer].giveBack(grant.charge, counts: charges.countsRefusals, at: now)
      pacers[grant.pacer].see(sighting, at: now)
      pacers[grant.pacer].slowDown(at: now)
    }
    // A wait of nothing, again and again, is no wait that helps.
    let wait = wait == .zero && refusals > 0 ? nil : wait
    if wait == nil, let heldUntil, heldUntil > now { return }
    refusals = min(refusals + 1, 16)
    let backoff = min(Self.longestBackoff, 0.5 * Double(1 << refusals))
    hold(until: now + (wait ?? .seconds(backoff * (0.5 + random / 2))))
  }

  /// Whether a refused request takes more of a limit than there is in a minute.
  package func isTooLarge(_ grant: Grant, for meter: Meter?) -> Bool {
    pacers[grant.pacer].isTooLarge(grant.charge, for: meter)
  }

  private mutating func hold(until time: ContinuousClock.Instant) {
    heldUntil = max(heldUntil ?? time, time)
  }

  /// A request failed; says whether the failure is charged to its job.
  ///
  /// - Parameters:
  ///   - cause: whether it is a sign of overload.
  ///   - wait: what the provider asked for.
  package mutating func failed(
    _ grant: Grant,
    job: Int,
    cause: RetryCause,
    wait: Duration? = nil,
    answered: Bool,
    isAboutRequest: Bool,
    othersWait: Bool = true,
    at now: ContinuousClock.Instant,
    random: Double
  ) -> Bool {
    parkings.ended()
    pacers[grant.pacer].giveBack(grant.charge, counts: true, at: now)
    if cause == .overload {
      overload.failed(at: seconds(now))
      if let wait { hold(until: now + wait) }
    }
    endpoints.failed(
      grant.place,
      job: job,
      answered: answered,
      isJobsOwn: isAboutRequest && !othersWait,
      at: now,
      random: random
    )
    return endpoints.charges(
      grant.place,
      sentAt: grant.sentAt,
      isAboutRequest: isAboutRequest,
      othersWait: othersWait
    )
  }

  /// When a job whose request met an overload may be sent again at the earliest.
  package mutating func nextRetry(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    origin + .seconds(retries.take(at: seconds(now)))
  }

  /// The provider refused the key, the account or the address: the request ended.
  package mutating func refused(_ grant: Grant, at now: ContinuousClock.Instant) {
    endpointAnswered(grant, at: now)
    pacers[grant.pacer].giveBack(grant.charge, counts: charges.countsRefusals, at: now)
  }

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

  private mutating func endpointAnswered(_ grant: Grant, at now: ContinuousClock.Instant) {
    parkings.ended()
    let wasDown = endpoints.isDown
    endpoints.succeeded(grant.place, at: now)
    if wasDown, !endpoints.isDown { overload.recovered(at: seconds(now)) }
  }
}
