import KeySources
import Testing

struct VaultRouteTests {
  private static let start = ContinuousClock.now
  private let addresses: [VaultAddress]

  init() throws {
    addresses = try ["https://a:8200", "https://b:8200", "https://c:8200"].map {
      try VaultAddress($0, isProxied: false)
    }
  }

  private func route(
    first: Int = 0,
    retries: Int = 0,
    isRepeatable: Bool = true,
    timeout: Duration = .seconds(60)
  ) -> VaultRoute {
    VaultRoute(
      addresses: addresses,
      first: first,
      retries: retries,
      isRepeatable: isRepeatable,
      deadline: Self.start + timeout,
      jitter: 0
    )
  }

  private func answered(
    _ status: Int,
    location: String? = nil,
    retryAfter: Duration? = nil
  ) -> VaultRoute.Event {
    .answered(status: status, location: location, retryAfter: retryAfter)
  }

  @Test(arguments: [200, 204, 400, 403, 404, 405, 501])
  func `an answer that no other server would change is for the caller`(status: Int) {
    var route = route()
    #expect(route.event(answered(status), at: Self.start) == .finish)
  }

  @Test(arguments: [412, 429, 472, 473, 474, 500, 502, 503, 530])
  func `a server that cannot answer now is passed over`(status: Int) {
    var route = route(first: 1)
    #expect(route.event(answered(status), at: Self.start) == .send(to: 0))
    #expect(route.event(.failed(requestMayHaveLeft: true), at: Self.start) == .send(to: 2))
    #expect(route.event(answered(200), at: Self.start) == .finish)
    #expect(route.current == 2)
  }

  @Test func `gives up when every server was tried`() {
    var route = route()
    #expect(route.event(answered(503), at: Self.start) == .send(to: 1))
    #expect(route.event(answered(503), at: Self.start) == .send(to: 2))
    #expect(route.event(answered(503), at: Self.start) == .giveUp)
  }

  @Test func `tries all again after pauses that double`() {
    var route = route(retries: 2)
    var pauses: [Duration] = []
    var sent = 0
    loop: while true {
      sent += 1
      switch route.event(answered(503), at: Self.start) {
      case .wait(let pause, _): pauses.append(pause)
      case .send: break
      default: break loop
      }
    }
    #expect(pauses == [.seconds(1), .seconds(2)])
    #expect(sent == 9)
  }

  @Test func `waits as long as it is asked to, but not past the deadline`() {
    let limited = answered(429, retryAfter: .seconds(20))
    var patient = route(retries: 1)
    _ = patient.event(answered(503), at: Self.start)
    _ = patient.event(limited, at: Self.start)
    #expect(
      patient.event(answered(503), at: Self.start) == .wait(.seconds(20), thenSendTo: 0)
    )
    var hurried = route(retries: 1, timeout: .seconds(10))
    _ = hurried.event(answered(503), at: Self.start)
    _ = hurried.event(limited, at: Self.start)
    #expect(hurried.event(answered(503), at: Self.start) == .giveUp)
    #expect(hurried.retryAfter == .seconds(20))
  }

  @Test func `what may be done once only is not sent again once it may have arrived`() {
    var lost = route(retries: 2, isRepeatable: false)
    #expect(lost.event(.failed(requestMayHaveLeft: true), at: Self.start) == .giveUp)
    var unsent = route(retries: 2, isRepeatable: false)
    #expect(unsent.event(.failed(requestMayHaveLeft: false), at: Self.start) == .send(to: 1))
  }

  @Test(arguments: [301, 302, 307, 308])
  func `a redirect to a known server is followed`(status: Int) {
    var route = route()
    let moved = answered(status, location: "https://C:8200/v1/secret/data/x?version=3")
    #expect(route.event(moved, at: Self.start) == .send(to: 2))
    #expect(route.event(answered(200), at: Self.start) == .finish)
  }

  @Test(arguments: [
    "https://evil:8200/v1/x", "http://c:8200/v1/x", "https://c:8201/v1/x", "https://c/v1/x",
    "https://c:8200@evil/v1/x", "https://c:8200.evil/v1/x", "//c:8200/v1/x", "/v1/y", "",
  ])
  func `a redirect to anywhere else is not followed`(location: String) {
    var route = route()
    #expect(route.event(answered(307, location: location), at: Self.start) == .send(to: 1))
    #expect(route.event(answered(307, location: location), at: Self.start) == .send(to: 2))
    #expect(route.event(answered(307, location: location), at: Self.start) == .giveUp)
  }

  @Test func `servers that redirect to each other do not hold a request up`() {
    var route = route()
    #expect(
      route.event(answered(307, location: "https://c:8200/"), at: Self.start) == .send(to: 2)
    )
    #expect(
      route.event(answered(307, location: "https://a:8200/"), at: Self.start) == .send(to: 1)
    )
    #expect(
      route.event(answered(307, location: "https://a:8200/"), at: Self.start) == .giveUp
    )
  }
}
