import Runner
import Testing

@Suite struct `An account` {
  private let start = ContinuousClock.now

  private func account(_ limits: RateLimits = RateLimits(), endpoints: Int = 1) -> AccountState {
    AccountState(limits: limits, charges: .anthropic, endpoints: endpoints, at: start)
  }

  /// Admits a request that must be granted at once.
  private func grant(_ account: inout AccountState, at now: ContinuousClock.Instant? = nil) throws
    -> AccountState.Grant
  {
    let random = Double(account.inFlight * 7 % 10) / 10
    let admission = account.admit(shape, at: now ?? start, random: random)
    guard case .granted(let grant) = admission else { throw Unexpected(admission: admission) }
    return grant
  }

  private let shape = RequestShape(model: "m", maxTokens: 20, bytes: 20)

  private struct Unexpected: Error {
    let admission: AccountState.Admission
  }

  @Test func `spreads its requests over its endpoints`() throws {
    var account = account(endpoints: 3)
    let grants = try (0..<9).map { _ in try grant(&account) }
    #expect(Set(grants.map(\.place.endpoint)) == [0, 1, 2])
    #expect(account.inFlight == 9)
    for grant in grants { _ = account.answered(grant, usage: nil, at: start) }
    #expect(account.inFlight == 0)
  }

  @Test func `leaves out an endpoint that is down`() throws {
    var account = account(endpoints: 2)
    for job in 0..<5 {
      var others: [AccountState.Grant] = []
      var next = try grant(&account)
      while next.place.endpoint != 0 {
        others.append(next)
        next = try grant(&account)
      }
      for other in others { account.cancelled(other, at: start) }
      _ = account.failed(
        next,
        job: job,
        cause: .overload,
        answered: true,
        isAboutRequest: false,
        at: start,
        random: 1
      )
    }
    for _ in 0..<4 { #expect(try grant(&account).place.endpoint == 1) }
  }

  @Test func `waits for the probe when all its endpoints are down`() throws {
    var account = account()
    let grants = try (0..<5).map { _ in try grant(&account) }
    for (job, grant) in grants.enumerated() {
      let isCharged = account.failed(
        grant,
        job: job,
        cause: .overload,
        answered: false,
        isAboutRequest: false,
        at: start,
        random: 1
      )
      #expect(!isCharged)
    }
    #expect(!account.hasAnswered)
    #expect(account.admit(shape, at: start) == .wait(until: start + .seconds(1)))
    _ = try grant(&account, at: start + .seconds(1))
  }

  @Test func `sends nothing while the provider holds it`() throws {
    var account = account()
    let first = try grant(&account)
    account.paced(first, for: .limit(nil), wait: .seconds(90), at: start, random: 0)
    let end = start + .seconds(90)
    for time in [start, start + .seconds(89), end - .milliseconds(1)] {
      #expect(account.admit(shape, at: time) == .wait(until: end))
    }
    #expect(account.waiting == .retryAfter)
    _ = try grant(&account, at: end)
  }

  @Test func `parked for its key waits for a new one only`() throws {
    var account = account()
    let isNews = [0, 1].map { _ in account.park(.credential, "refused", at: start) }
    #expect(isNews == [true, false])
    let later = start + .seconds(1_000_000)
    let admission = account.admit(shape, at: later)
    #expect(admission == .closed)
    #expect(account.parking?.reason == .credential && account.parking?.retryAt == nil)
    let isBack = account.keyAppeared(isTrial: false)
    #expect(isBack)
    _ = try grant(&account, at: later)
    let isBackAgain = account.keyAppeared(isTrial: false)
    #expect(!isBackAgain)
  }

  @Test func `a refused key is tried again with one request before the others leave`() throws {
    var account = account()
    _ = account.park(.credential, "refused", at: start)
    let isBack = account.keyAppeared(isTrial: true)
    #expect(!isBack)
    let first = try grant(&account)
    let second = account.admit(shape, at: start)
    #expect(second == .closed)
    let isBackNow = account.answered(first, usage: Usage(), at: start)
    #expect(isBackNow && account.parking == nil)
    _ = try grant(&account)
  }

  @Test func `nothing leaves while another key is looked for`() throws {
    var account = account()
    account.lostKey()
    #expect(account.admit(shape, at: start) == .closed)
    #expect(account.parking == nil)
    let isBack = account.keyAppeared(isTrial: false)
    #expect(!isBack)
    _ = try grant(&account)
  }

  @Test(arguments: [ParkReason.billing, .configuration])
  func `parked for another reason is tried again later and later`(_ reason: ParkReason) throws {
    var account = account()
    var now = start
    for minutes in [1, 2, 4, 8, 10, 10] {
      let isNews = account.park(reason, "no", at: now)
      #expect(isNews)
      let isBack = account.keyAppeared(isTrial: false)
      #expect(!isBack && account.admit(shape, at: now) == .closed)
      let retryAt = now + .seconds(60 * minutes)
      #expect(account.parking?.retryAt == retryAt)
      #expect(account.admit(shape, at: retryAt - .seconds(1)) == .closed)
      now = retryAt
      account.refused(try grant(&account, at: now), at: now)
    }
    let isBack = account.answered(try grant(&account, at: now), usage: Usage(), at: now)
    #expect(isBack)
    _ = account.park(reason, "no", at: now)
    #expect(account.parking?.retryAt == now + .seconds(60))
  }

  @Test(arguments: [1, 3_600, 86_400 * 9])
  func `parked until a time that the provider names sends nothing before`(_ seconds: Int) throws {
    var account = account()
    _ = account.park(.billing, "spent", for: .seconds(seconds), at: start)
    let end = start + .seconds(seconds)
    #expect(account.admit(shape, at: end - .milliseconds(1)) == .closed)
    _ = try grant(&account, at: end)
  }

  @Test func `doubles its wait up to a minute when it is told nothing`() throws {
    for random in [0.0, 0.5, 0.999] {
      var account = account()
      var now = start
      for round in 1...12 {
        let refused = try grant(&account, at: now)
        account.paced(refused, for: .limit(nil), wait: nil, at: now, random: random)
        let wait = try #require(account.heldUntil) - now
        #expect(abs(wait.seconds - min(60, 0.5 * Double(1 << round)) * (0.5 + random / 2)) < 1e-6)
        now += wait
        // The pace found by then must not stand in the way of the next request.
        now += .seconds(60)
      }
    }
  }

  @Test func `keeps the longest wait of several and counts refusals of one moment once`() throws {
    var account = account()
    let grants = try (0..<20).map { _ in try grant(&account) }
    for refused in grants {
      account.paced(refused, for: .limit(nil), wait: nil, at: start, random: 0)
    }
    #expect(account.heldUntil == start + .milliseconds(500))
    let later = start + .seconds(60)
    let more = [try grant(&account, at: later), try grant(&account, at: later + .seconds(5))]
    account.paced(more[0], for: .limit(nil), wait: .seconds(100), at: later, random: 0)
    account.paced(more[1], for: .limit(nil), wait: .seconds(5), at: later, random: 0)
    #expect(account.heldUntil == later + .seconds(100))
  }

  @Test func `an overload holds everybody for as long as the provider says`() throws {
    var account = account()
    let first = try grant(&account)
    _ = account.failed(
      first,
      job: 0,
      cause: .overload,
      wait: .seconds(30),
      answered: true,
      isAboutRequest: false,
      at: start,
      random: 0
    )
    #expect(account.admit(shape, at: start) == .wait(until: start + .seconds(30)))
  }
}
