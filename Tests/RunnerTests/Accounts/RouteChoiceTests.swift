import Runner
import Testing

/// In virtual time.
struct RouteChoiceTests {
  private let start = ContinuousClock.now
  private let broken = EndpointFailure(
    job: 0,
    cause: .overload,
    answered: false,
    isAboutRequest: false
  )

  /// Lets requests of so many jobs fail on a route, one after another.
  private func fail(
    _ choice: inout RouteChoice,
    route: Int,
    times: Int = 20,
    at now: ContinuousClock.Instant
  ) {
    for job in 0..<times {
      let ticket = take(&choice, only: route, at: now)
      let failure = EndpointFailure(
        job: job,
        cause: .overload,
        answered: false,
        isAboutRequest: false
      )
      let isCharged = choice.failed(ticket, failure, at: now, random: 0)
      #expect(!isCharged)
    }
  }

  /// A request that happens to take this route.
  private func take(
    _ choice: inout RouteChoice,
    only route: Int,
    at now: ContinuousClock.Instant
  ) -> RouteChoice.Ticket {
    choice.take(avoiding: 1 - route, at: now, random: 0)
  }

  @Test func `listed routes are taken in their order, while they work`() {
    var choice = RouteChoice(count: 2, order: .listed)
    let route1 = choice.take(at: start, random: 0.9).route
    #expect(route1 == 0)
    fail(&choice, route: 0, at: start)
    let route2 = choice.take(at: start, random: 0.1).route
    #expect(route2 == 1)
    // Far apart while another works, then one request looks whether it does again.
    let later = start + .seconds(31)
    let probe = choice.take(at: later, random: 0.9)
    #expect(probe.route == 0)
    let route3 = choice.take(at: later, random: 0.9).route
    #expect(route3 == 1)
    choice.succeeded(probe, at: later)
    let route4 = choice.take(at: later, random: 0.9).route
    #expect(route4 == 0)
  }

  @Test func `balanced routes get what they can take`() {
    var choice = RouteChoice(count: 2)
    for step in 0..<100 { _ = choice.take(at: start, random: Double(step) / 100) }
    var counts = [0, 0]
    for step in 0..<100 {
      let ticket = choice.take(at: start, random: Double(step) / 100)
      counts[ticket.route] += 1
      // The second never answers, and so gets no more than the first has under way.
      if ticket.route == 0 { choice.succeeded(ticket, at: start) }
    }
    #expect(counts[0] > 90, "\(counts)")
  }

  @Test func `the last route is never given up`() {
    var choice = RouteChoice(count: 2)
    fail(&choice, route: 0, at: start)
    fail(&choice, route: 1, at: start)
    #expect(choice.isDown)
    guard case .closed(let until) = choice.admission(at: start) else {
      Issue.record("open")
      return
    }
    #expect(until - start < .seconds(2))
    #expect(choice.admission(at: until) == .probe)
  }

  @Test func `a route on which three of ten handshakes break stays in use`() {
    var choice = RouteChoice(count: 2)
    for job in 0..<1_000 {
      let ticket = take(&choice, only: 0, at: start)
      if job % 10 < 3 {
        let isCharged = choice.failed(ticket, broken, at: start, random: 0)
        #expect(!isCharged)
      } else {
        choice.succeeded(ticket, at: start)
      }
    }
    #expect(!choice.isDown && choice.hasOther(than: 1))
  }

  @Test func `a request that has failed on a route takes another`() {
    var choice = RouteChoice(count: 3)
    for step in 0..<50 {
      let route5 = choice.take(avoiding: 1, at: start, random: Double(step) / 50).route
      #expect(route5 != 1)
    }
    var single = RouteChoice()
    let route6 = single.take(avoiding: 0, at: start, random: 0).route
    #expect(route6 == 0)
  }
}

/// Whose failure it is.
struct RouteBlameTests {
  private let start = ContinuousClock.now

  private func fail(
    _ balancer: inout EndpointBalancer,
    answered: Bool,
    left: Bool,
    times: Int = 20
  ) -> [Int: Int] {
    var routes: [Int: Int] = [:]
    for job in 0..<times {
      let choice = balancer.choose(prefix: nil, tokens: 1, at: start, random: 0)
      guard case .place(let place) = choice else { break }
      routes[place.route, default: 0] += 1
      let failure = EndpointFailure(
        job: job,
        cause: .overload,
        answered: answered,
        isAboutRequest: left
      )
      _ = balancer.failed(place, failure, at: start, random: 0)
    }
    return routes
  }

  @Test func `what breaks before it leaves is the route's, and the endpoint goes on by another`() {
    var balancer = EndpointBalancer([RouteChoice(count: 2, order: .listed)])
    let routes = fail(&balancer, answered: false, left: false, times: 40)
    #expect(routes[0] ?? 0 < 20 && routes[1] ?? 0 > 10, "\(routes)")
    #expect(balancer.down == 1)
    var once = EndpointBalancer([RouteChoice(count: 2, order: .listed)])
    _ = fail(&once, answered: false, left: false, times: 15)
    #expect(once.down == 0)
    #expect(once.admission(of: 0, at: start) == .open)
  }

  @Test func `what the endpoint answers is its own, by whatever route`() {
    var balancer = EndpointBalancer([RouteChoice(count: 2)])
    _ = fail(&balancer, answered: true, left: false)
    #expect(balancer.down == 1)
  }

  @Test func `silence is the route's where there is another`() {
    var several = EndpointBalancer([RouteChoice(count: 2, order: .listed)])
    _ = fail(&several, answered: false, left: true, times: 15)
    #expect(several.down == 0)
    var single = EndpointBalancer([RouteChoice()])
    _ = fail(&single, answered: false, left: true, times: 15)
    #expect(single.down == 1)
  }
}
