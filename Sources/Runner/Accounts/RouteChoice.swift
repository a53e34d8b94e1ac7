/// Which of its routes a request to one endpoint takes: a pure value.
///
/// What ends without a word of the endpoint counts here. A route that is down takes no more than
/// probes, and they are far apart while another is up; the last one is never given up.
package struct RouteChoice: Sendable {
  /// What a request is to its route, from its leaving to its end.
  package struct Ticket: Sendable, Equatable {
    /// The route's index.
    package let route: Int
    fileprivate let health: EndpointHealth.Ticket

    package var isProbe: Bool { health.isProbe }
  }

  private struct Member: Sendable {
    var health = EndpointHealth(share: RouteChoice.usualShare)
    var requests = 0
  }

  /// The share of handshakes that may break on a route that is still worth taking: so many break on
  /// networks that filter.
  private static let usualShare = 0.3

  private let order: Reach.Order
  private var members: [Member]

  /// - Parameter count: how many routes there are, at least one.
  package init(count: Int = 1, order: Reach.Order = .balanced) {
    self.order = order
    members = Array(repeating: Member(), count: count)
  }

  /// True while no route takes more than probes.
  package var isDown: Bool { members.allSatisfy(\.health.isDown) }

  package var hasAnswered: Bool { members.contains { $0.health.hasAnswered } }

  /// Whether a request that failed on one route could go by another.
  package func hasOther(than route: Int) -> Bool {
    members.indices.contains { $0 != route && !members[$0].health.isDown }
  }

  /// Whether there is but one, whose trouble is the endpoint's.
  var isSingle: Bool { members.count == 1 }

  /// What the routes would say to a request now.
  ///
  /// - Parameter othersHealthy: whether another endpoint can take it.
  package func admission(
    at now: ContinuousClock.Instant,
    othersHealthy: Bool = false
  ) -> EndpointHealth.Admission {
    var next: ContinuousClock.Instant?
    var isProbe = false
    for index in members.indices {
      switch admission(of: index, at: now, othersHealthy) {
      case .open: return .open
      case .probe: isProbe = true
      case .closed(let until): next = min(until, next ?? until)
      }
    }
    return isProbe ? .probe : .closed(until: next ?? now)
  }

  private func admission(
    of route: Int,
    at now: ContinuousClock.Instant,
    _ othersHealthy: Bool
  ) -> EndpointHealth.Admission {
    members[route].health.admission(at: now, othersHealthy: othersHealthy || hasOther(than: route))
  }

  /// A request is about to leave: the route that it takes.
  ///
  /// - Parameters:
  ///   - route: one that it has just failed on, which it takes only where there is no other.
  ///   - random: uniform in 0 ..< 1.
  package mutating func take(
    avoiding route: Int? = nil,
    at now: ContinuousClock.Instant,
    othersHealthy: Bool = false,
    random: Double
  ) -> Ticket {
    var open: [Int] = []
    var probe: Int?
    for index in members.indices where index != route || isSingle {
      switch admission(of: index, at: now, othersHealthy) {
      case .probe: probe = probe ?? index
      case .open: open.append(index)
      case .closed: break
      }
    }
    let chosen = probe ?? choice(among: open, random) ?? route ?? 0
    members[chosen].requests += 1
    let others = othersHealthy || hasOther(than: chosen)
    let health = members[chosen].health.sending(at: now, othersHealthy: others)
    return Ticket(route: chosen, health: health)
  }

  private func choice(among open: [Int], _ random: Double) -> Int? {
    guard order == .balanced, open.count > 1 else { return open.first }
    let first = min(Int(random * Double(open.count)), open.count - 1)
    let rest = random * Double(open.count) - Double(first)
    let step = 1 + min(Int(rest * Double(open.count - 1)), open.count - 2)
    let two = [open[first], open[(first + step) % open.count]]
    return two.min { members[$0].requests < members[$1].requests }
  }

  /// A request ended without saying anything about its route.
  package mutating func ended(_ ticket: Ticket, at now: ContinuousClock.Instant) {
    members[ticket.route].requests -= 1
    members[ticket.route].health.ended(ticket.health, at: now)
  }

  /// The endpoint said something, so that the route works.
  package mutating func succeeded(_ ticket: Ticket, at now: ContinuousClock.Instant) {
    members[ticket.route].requests -= 1
    members[ticket.route].health.succeeded(ticket.health, at: now)
  }

  /// The provider serves nobody where the route comes out.
  package mutating func refused(
    _ ticket: Ticket,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    members[ticket.route].requests -= 1
    let others = hasOther(than: ticket.route)
    members[ticket.route].health.refused(
      ticket.health,
      othersHealthy: others,
      at: now,
      random: random
    )
  }

  /// A request came to nothing on its route; says whether that is charged to its job.
  package mutating func failed(
    _ ticket: Ticket,
    _ failure: EndpointFailure,
    othersHealthy: Bool = false,
    at now: ContinuousClock.Instant,
    random: Double
  ) -> Bool {
    members[ticket.route].requests -= 1
    return members[ticket.route].health.failed(
      ticket.health,
      failure,
      othersHealthy: othersHealthy || hasOther(than: ticket.route),
      at: now,
      random: random
    )
  }
}
