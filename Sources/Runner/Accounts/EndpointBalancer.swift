/// Spreads an account's requests over its endpoints: a pure value.
///
/// Requests that begin alike go to the same endpoint, where the provider's prompt cache is warm,
/// unless another has clearly less to do; then the lesser loaded of two that are picked at random
/// gets them (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001). Load is
/// the tokens of the requests in flight: a slow endpoint holds more of them, and so gets fewer.
package struct EndpointBalancer: Sendable {
  /// A request's place at an endpoint, from its leaving to its end.
  package struct Place: Sendable, Equatable {
    /// The endpoint's index.
    package let endpoint: Int
    /// The index of the route that it takes there.
    package var route: Int { way.route }
    /// Whether it is there to see whether the endpoint, or the route, works again.
    package var isProbe: Bool { ticket.isProbe || way.isProbe }
    fileprivate let way: RouteChoice.Ticket
    fileprivate let tokens: Double
    package let ticket: EndpointHealth.Ticket
  }

  /// Where a request goes.
  package enum Choice: Sendable, Equatable {
    case place(Place)
    /// Every endpoint is down; the first probe may leave then.
    case wait(until: ContinuousClock.Instant)
  }

  /// A preferred endpoint may have this many times the tokens of another in flight, and one
  /// request more.
  static let slack = 1.25

  private struct Member: Sendable {
    var health = EndpointHealth()
    var ways: RouteChoice
    var requests = 0

    var isDown: Bool { health.isDown || ways.isDown }
    var tokens = 0.0
  }

  private var members: [Member]

  /// - Parameter count: how many endpoints there are, at least one.
  package init(count: Int) {
    self.init(Array(repeating: RouteChoice(), count: count))
  }

  /// - Parameter ways: the routes of each endpoint.
  package init(_ ways: [RouteChoice]) {
    members = ways.map { Member(ways: $0) }
  }

  /// Requests that have a place and have not ended.
  package var inFlight: Int { members.reduce(0) { $0 + $1.requests } }

  /// True once any endpoint has answered.
  package var hasAnswered: Bool {
    members.contains { $0.health.hasAnswered || $0.ways.hasAnswered }
  }

  /// How many endpoints take no more than probes.
  package var down: Int { members.count(where: \.isDown) }

  /// Estimated tokens in flight at an endpoint.
  package func load(of endpoint: Int) -> Double { members[endpoint].tokens }

  /// What an endpoint would say to a request now.
  package func admission(
    of endpoint: Int,
    at now: ContinuousClock.Instant
  ) -> EndpointHealth.Admission {
    let othersHealthy = othersHealthy(than: endpoint)
    let own = members[endpoint].health.admission(at: now, othersHealthy: othersHealthy)
    guard own == .open else { return own }
    return members[endpoint].ways.admission(at: now, othersHealthy: othersHealthy)
  }

  /// Whether a request that failed could go to the same endpoint by another route.
  func hasOtherRoute(than place: Place) -> Bool {
    members[place.endpoint].ways.hasOther(than: place.route)
  }

  private func othersHealthy(than endpoint: Int) -> Bool {
    members.indices.contains { $0 != endpoint && !members[$0].isDown }
  }

  /// Gives a request a place.
  ///
  /// - Parameters:
  ///   - prefix: what ``PromptPrefix`` makes of its beginning; nil to go by load alone.
  ///   - tokens: an estimate of what it takes, zero or more.
  ///   - endpoint: one where it must not go, such as where its twin is; nil for none.
  ///   - broken: where it has just failed before it left; nil for nowhere.
  ///   - random: uniform in 0 ..< 1.
  package mutating func choose(
    prefix: UInt64?,
    tokens: Double,
    avoiding endpoint: Int? = nil,
    notAgain broken: (endpoint: Int, route: Int)? = nil,
    at now: ContinuousClock.Instant,
    random: Double
  ) -> Choice {
    var healthy: [Int] = []
    var nextProbe: ContinuousClock.Instant?
    for index in members.indices where index != endpoint {
      switch admission(of: index, at: now) {
      case .probe: return place(at: index, tokens, notAgain: broken, at: now, random)
      case .open: healthy.append(index)
      case .closed(let until): nextProbe = min(until, nextProbe ?? until)
      }
    }
    guard let lighter = lighterOfTwo(healthy, random) else {
      return .wait(until: nextProbe ?? now)
    }
    let warm = prefix.flatMap { preferred(for: $0, among: healthy) } ?? lighter
    let isBusy = load(of: warm) > Self.slack * load(of: lighter) + tokens
    let endpoint = isBusy ? lighter : warm
    return place(at: endpoint, tokens, notAgain: broken, at: now, random)
  }

  /// The endpoint with less to do, of two at random.
  private func lighterOfTwo(_ healthy: [Int], _ random: Double) -> Int? {
    guard healthy.count > 1 else { return healthy.first }
    let others = healthy.count - 1
    let pair = min(Int(random * Double(healthy.count * others)), healthy.count * others - 1)
    let first = pair / others
    let second = pair % others
    let two = [healthy[first], healthy[second < first ? second : second + 1]]
    return two.min { load(of: $0) < load(of: $1) }
  }

  /// Rendezvous hashing: when one endpoint goes, only what it had moves.
  private func preferred(for prefix: UInt64, among healthy: [Int]) -> Int? {
    healthy.max {
      PromptPrefix.affinity(of: prefix, to: $0) < PromptPrefix.affinity(of: prefix, to: $1)
    }
  }

  private mutating func place(
    at endpoint: Int,
    _ tokens: Double,
    notAgain broken: (endpoint: Int, route: Int)?,
    at now: ContinuousClock.Instant,
    _ random: Double
  ) -> Choice {
    let othersHealthy = othersHealthy(than: endpoint)
    let way = members[endpoint].ways.take(
      avoiding: broken.flatMap { $0.endpoint == endpoint ? $0.route : nil },
      at: now,
      othersHealthy: othersHealthy,
      // The digits that the choice of an endpoint leaves.
      random: (random * 4_096).truncatingRemainder(dividingBy: 1)
    )
    let ticket = members[endpoint].health.sending(at: now, othersHealthy: othersHealthy)
    members[endpoint].requests += 1
    members[endpoint].tokens += tokens
    return .place(Place(endpoint: endpoint, way: way, tokens: tokens, ticket: ticket))
  }

  /// A request ended without saying anything about its endpoint, or never left.
  package mutating func cancelled(_ place: Place, at now: ContinuousClock.Instant) {
    leave(place)
    members[place.endpoint].ways.ended(place.way, at: now)
    members[place.endpoint].health.ended(place.ticket, at: now)
  }

  /// A request was refused because too many were under way.
  package mutating func crowded(_ place: Place, at now: ContinuousClock.Instant) {
    leave(place)
    members[place.endpoint].ways.succeeded(place.way, at: now)
    members[place.endpoint].health.crowded(place.ticket, at: now)
  }

  /// The provider answered; refusals of a job, a key or a pace are answers too.
  package mutating func succeeded(_ place: Place, at now: ContinuousClock.Instant) {
    leave(place)
    members[place.endpoint].ways.succeeded(place.way, at: now)
    members[place.endpoint].health.succeeded(place.ticket, at: now)
  }

  /// The provider serves nobody where the request's route comes out.
  ///
  /// The only route stays in use: it is for the account to wait.
  mutating func refusedRoute(
    _ place: Place,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    guard hasOtherRoute(than: place) else { return succeeded(place, at: now) }
    leave(place)
    members[place.endpoint].ways.refused(place.way, at: now, random: random)
    members[place.endpoint].health.succeeded(place.ticket, at: now)
  }

  /// A request failed; says whether that is charged to its job, as ``EndpointHealth`` decides.
  ///
  /// What fails before the endpoint has it is the route's failure; so is silence, where there is
  /// another route.
  package mutating func failed(
    _ place: Place,
    _ failure: EndpointFailure,
    at now: ContinuousClock.Instant,
    random: Double
  ) -> Bool {
    leave(place)
    let othersHealthy = othersHealthy(than: place.endpoint)
    let isSingle = members[place.endpoint].ways.isSingle
    if failure.isBeforeLeaving || (!failure.answered && !isSingle) {
      members[place.endpoint].health.ended(place.ticket, at: now)
      return members[place.endpoint].ways.failed(
        place.way,
        failure,
        othersHealthy: othersHealthy,
        at: now,
        random: random
      )
    }
    if failure.answered {
      members[place.endpoint].ways.succeeded(place.way, at: now)
    } else {
      members[place.endpoint].ways.ended(place.way, at: now)
    }
    return members[place.endpoint].health.failed(
      place.ticket,
      failure,
      othersHealthy: othersHealthy,
      at: now,
      random: random
    )
  }

  /// A job was answered, which clears it of what it was suspected of.
  mutating func clear(_ job: Int, at place: Place) { members[place.endpoint].health.clear(job) }

  private mutating func leave(_ place: Place) {
    members[place.endpoint].requests -= 1
    let isIdle = members[place.endpoint].requests == 0
    // Sums of fractions do not come back to zero by themselves.
    members[place.endpoint].tokens = isIdle ? 0 : members[place.endpoint].tokens - place.tokens
  }
}
