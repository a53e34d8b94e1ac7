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

  private let limits: RateLimits
  let charges: ChargeModel
  private let expectedOutput: Double
  private let inFlightGuess: Int
  let origin: ContinuousClock.Instant
  private(set) var models: [String: Int] = [:]
  var pacers: [Pacer] = []
  var endpoints: EndpointBalancer
  var retries = RetryBudget()
  var parkings = ParkingState()
  /// Nothing leaves before, for whatever model.
  var allHeldUntil: ContinuousClock.Instant?
  var answeredAt: ContinuousClock.Instant?
  package internal(set) var rateLimited = 0
  /// What the last request met that is sent again; nil once one was answered since.
  package internal(set) var trouble: String?
  /// What kept the last request waiting that had to; nil once one did not.
  package private(set) var waiting: WaitReason?
  /// How often a look found which hold in place.
  package private(set) var heldSeconds: [String: Int] = [:]

  /// - Parameters:
  ///   - inFlightGuess: the most requests at a time while nothing is known of the limits.
  ///   - endpoints: the routes of each, at least one.
  package init(
    limits: RateLimits,
    charges: ChargeModel,
    expectedOutput: Double = 256,
    inFlightGuess: Int = .max,
    endpoints: [RouteChoice] = [RouteChoice()],
    at now: ContinuousClock.Instant
  ) {
    self.limits = limits
    self.charges = charges
    self.expectedOutput = expectedOutput
    self.inFlightGuess = inFlightGuess
    origin = now
    self.endpoints = EndpointBalancer(endpoints)
  }

  package var parking: Parking? { parkings.parking }
  /// Whether a key is being looked for in place of one that was refused.
  package var isWithoutKey: Bool { parkings.isWithoutKey }
  /// Requests that were granted and have not ended.
  package var inFlight: Int { endpoints.inFlight }
  /// True once any endpoint has answered.
  package var hasAnswered: Bool { endpoints.hasAnswered }

  func seconds(_ now: ContinuousClock.Instant) -> Double { (now - origin).seconds }

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
  ///   - broken: where it has just failed before it left; nil for nowhere.
  ///   - random: uniform in 0 ..< 1, for the choice of an endpoint.
  package mutating func admit(
    _ shape: RequestShape,
    model: String? = nil,
    prefix: UInt64? = nil,
    avoiding endpoint: Int? = nil,
    notAgain broken: (endpoint: Int, route: Int)? = nil,
    at now: ContinuousClock.Instant,
    random: Double = 0
  ) -> Admission {
    if parkings.isClosed(at: now) { return .closed }
    if let allHeldUntil, allHeldUntil > now { return wait(until: allHeldUntil, for: .retryAfter) }
    let pacer = pacer(for: model ?? shape.model, at: now)
    let charge = pacers[pacer].charge(for: shape, at: now)
    if let (time, reason) = pacers[pacer].hold(charge, at: now) {
      return wait(until: now + time, for: reason)
    }
    let tokens = charge.expected.inputTokens + charge.expected.outputTokens
    let choice = endpoints.choose(
      prefix: prefix,
      tokens: tokens,
      avoiding: endpoint,
      notAgain: broken,
      at: now,
      random: random
    )
    guard case .place(let place) = choice else {
      guard case .wait(let until) = choice else { return .closed }
      return wait(until: until, for: .outage)
    }
    pacers[pacer].take(charge)
    parkings.sending()
    waiting = nil
    return .granted(Grant(place: place, pacer: pacer, charge: charge))
  }

  private mutating func wait(
    until time: ContinuousClock.Instant,
    for reason: WaitReason
  ) -> Admission {
    waiting = reason
    return .wait(until: time)
  }

  private static let mostPacers = 512

  mutating func pacer(for model: String, at now: ContinuousClock.Instant) -> Int {
    if let known = models[model] { return known }
    // Lines may name any number of models; beyond what people have, they share a pace.
    guard pacers.count < Self.mostPacers else { return Self.mostPacers - 1 }
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

  /// Until when nothing leaves: for any model, or for each of them by itself.
  package var heldUntil: ContinuousClock.Instant? {
    let each = pacers.map { $0.held?.until }
    let last = each.contains(nil) ? nil : each.compactMap { $0 }.min()
    guard let allHeldUntil else { return last }
    return last.map { max($0, allHeldUntil) } ?? allHeldUntil
  }

  /// Until when nothing leaves for a model.
  ///
  /// - Parameter model: what the account calls it.
  func heldUntil(for model: String) -> ContinuousClock.Instant? {
    [allHeldUntil, models[model].flatMap { pacers[$0].held?.until }].compactMap(\.self).max()
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
