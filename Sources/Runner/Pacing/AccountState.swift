/// Why an account is not used.
package struct Parking: Sendable, Equatable {
  package let reason: ParkReason
  /// What the provider or the key source said.
  package let message: String
  /// When it is worth trying again without any news; nil for refused keys, which need a new one.
  package let retryAt: ContinuousClock.Instant?
}

/// When and where an account's next request may leave: a pure value, one for each account.
package struct AccountState: Sendable {
  /// What an account says to a request.
  package enum Admission: Sendable, Equatable {
    /// It may leave at `leavesAt` for its place at an endpoint; `cost` is charged.
    case granted(place: EndpointBalancer.Place, cost: Cost, leavesAt: ContinuousClock.Instant)
    /// Ask again at this time.
    case wait(until: ContinuousClock.Instant)
    /// It is parked or without a key.
    case closed
  }

  static let longestPark: Duration = .seconds(600)

  private var pacer: Pacer
  private var endpoints: EndpointBalancer
  private var parkings = 0
  package private(set) var parking: Parking?
  /// Whether a key is being looked for in place of one that was refused.
  package private(set) var isWithoutKey = false
  /// Whether a parked account may send one request to see if it works again.
  private var mayTryKey = false
  /// Whether that request is on its way.
  private var isTrying = false

  package init(pacer: Pacer, endpoints: Int) {
    self.pacer = pacer
    self.endpoints = EndpointBalancer(count: endpoints)
  }

  /// Requests that were granted and have not ended.
  package var inFlight: Int { endpoints.inFlight }

  /// True once any endpoint has answered.
  package var hasAnswered: Bool { endpoints.hasAnswered }

  /// When the account could take a request; nil while it is parked or without a key.
  package func earliest(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    isClosed(at: now) ? nil : pacer.earliest(at: now)
  }

  private func isClosed(at now: ContinuousClock.Instant) -> Bool {
    if isWithoutKey { return true }
    guard parking != nil else { return false }
    return !mayTry(at: now) || isTrying
  }

  /// Asks for a request to leave.
  package mutating func admit(
    inputTokens: Double,
    prefix: UInt64? = nil,
    at now: ContinuousClock.Instant,
    random: Double = 0
  ) -> Admission {
    if isClosed(at: now) { return .closed }
    if pacer.isHeld(at: now) { return .wait(until: pacer.earliest(at: now)) }
    let choice = endpoints.choose(prefix: prefix, tokens: inputTokens, at: now, random: random)
    guard case .place(let place) = choice else {
      if case .wait(let until) = choice { return .wait(until: until) }
      return .closed
    }
    isTrying = parking != nil
    let (cost, leavesAt) = pacer.reserve(inputTokens: inputTokens, at: now)
    return .granted(place: place, cost: cost, leavesAt: leavesAt)
  }

  /// True when a granted request may still leave now that its time has come.
  package func maySend(at now: ContinuousClock.Instant) -> Bool {
    let isParked = parking != nil && !mayTry(at: now)
    return !isParked && !isWithoutKey && !pacer.isHeld(at: now)
  }

  private func mayTry(at now: ContinuousClock.Instant) -> Bool {
    mayTryKey || (parking?.retryAt.map { $0 <= now } ?? false)
  }

  /// A granted request did not leave, or was cut off by us.
  package mutating func cancelled(
    place: EndpointBalancer.Place,
    cost: Cost,
    at now: ContinuousClock.Instant
  ) {
    isTrying = false
    endpoints.cancelled(place, at: now)
    pacer.giveBack(cost, neverLeft: true)
  }

  /// A request was answered; the endpoint and the key work.
  ///
  /// - Returns: whether this brings a parked account back.
  package mutating func answered(
    place: EndpointBalancer.Place,
    cost: Cost,
    actual: Cost?,
    at now: ContinuousClock.Instant
  ) -> Bool {
    isTrying = false
    endpoints.succeeded(place, at: now)
    if let actual { pacer.settle(cost, with: actual) } else { pacer.giveBack(cost) }
    guard parking == nil || mayTry(at: now) else { return false }
    parkings = 0
    mayTryKey = false
    defer { parking = nil }
    return parking != nil
  }

  /// The provider asked to slow down.
  package mutating func paced(
    place: EndpointBalancer.Place,
    cost: Cost,
    for wait: Duration?,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    isTrying = false
    endpoints.succeeded(place, at: now)
    pacer.giveBack(cost)
    pacer.refused(for: wait, at: now, random: random)
  }

  /// A request failed; says whether the failure is charged to its job.
  package mutating func failed(
    place: EndpointBalancer.Place,
    cost: Cost,
    job: Int,
    sentAt: ContinuousClock.Instant,
    answered: Bool,
    isAboutRequest: Bool,
    othersWait: Bool = true,
    at now: ContinuousClock.Instant,
    random: Double
  ) -> Bool {
    isTrying = false
    pacer.giveBack(cost)
    endpoints.failed(
      place,
      job: job,
      answered: answered,
      isJobsOwn: isAboutRequest && !othersWait,
      at: now,
      random: random
    )
    return endpoints.charges(
      place,
      sentAt: sentAt,
      isAboutRequest: isAboutRequest,
      othersWait: othersWait
    )
  }

  /// The account cannot be used; says whether that is news.
  package mutating func park(
    _ reason: ParkReason,
    _ message: String,
    at now: ContinuousClock.Instant
  ) -> Bool {
    let isNews = parking == nil || mayTry(at: now)
    if isNews { parkings += 1 }
    mayTryKey = false
    isWithoutKey = false
    let wait = min(Self.longestPark, .seconds(60 * (1 << min(parkings - 1, 4))))
    parking = Parking(
      reason: reason,
      message: message,
      retryAt: reason == .credential ? nil : now + wait
    )
    return isNews
  }

  /// The provider refused the key, the account or the address: the request ended.
  package mutating func refused(
    place: EndpointBalancer.Place,
    cost: Cost,
    at now: ContinuousClock.Instant
  ) {
    isTrying = false
    endpoints.succeeded(place, at: now)
    pacer.giveBack(cost)
  }

  /// The last key was refused and another is being looked for; nothing leaves meanwhile.
  package mutating func lostKey() {
    isWithoutKey = true
  }

  /// There is a key again.
  ///
  /// - Parameter isTrial: whether it was refused before and is to be tried with one request.
  /// - Returns: whether this brings a parked account back.
  package mutating func keyAppeared(isTrial: Bool) -> Bool {
    isWithoutKey = false
    guard parking?.reason == .credential else { return false }
    mayTryKey = isTrial
    if !isTrial { parking = nil }
    return !isTrial
  }
}
