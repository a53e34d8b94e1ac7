import Runner
import Testing

@Suite struct `An account` {
  private let start = ContinuousClock.now

  private func account(
    _ limits: RateLimits = RateLimits(requestsPerMinute: 60_000),
    endpoints: Int = 1
  ) -> AccountState {
    let ways = (0..<endpoints).map { _ in RouteChoice() }
    return AccountState(limits: limits, charges: .anthropic, endpoints: ways, at: start)
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
  private let success = RequestEnd.answered(usage: Usage(), elapsed: .seconds(1))

  /// A refusal for the sake of pace.
  private func limit(_ wait: Duration?) -> RequestEnd { .paced(.limit(nil), wait: wait) }

  private func overload(_ wait: Duration? = nil) -> RequestEnd {
    .failed(.overload, wait: wait, answered: true, isAboutRequest: false)
  }

  private struct Unexpected: Error {
    let admission: AccountState.Admission
  }

  @Test func `spreads its requests over its endpoints`() throws {
    var account = account(endpoints: 3)
    let grants = try (0..<9).map { _ in try grant(&account) }
    #expect(Set(grants.map(\.place.endpoint)) == [0, 1, 2])
    #expect(account.inFlight == 9)
    for grant in grants {
      _ = account.ended(grant, .answered(usage: nil, elapsed: .zero), job: 0, at: start, random: 0)
    }
    #expect(account.inFlight == 0)
  }

  @Test func `leaves out an endpoint that is down`() throws {
    var account = account(endpoints: 2)
    var now = start
    for job in 0..<40 {
      let next = try grant(&account, at: now)
      let end = next.place.endpoint == 0 ? overload() : success
      _ = account.ended(next, end, job: job, at: now, random: 1)
      now += .milliseconds(100)
    }
    for _ in 0..<4 { #expect(try grant(&account, at: now).place.endpoint == 1) }
  }

  @Test func `waits for the probe when all its endpoints are down`() throws {
    var account = account()
    var now = start
    for job in 0..<10 {
      let grant = try grant(&account, at: now)
      let verdict = account.ended(grant, overload(), job: job, at: now, random: 1)
      #expect(!verdict.isCharged)
      now += .milliseconds(10)
    }
    let last = now - .milliseconds(10)
    #expect(account.admit(shape, at: now) == .wait(until: last + .seconds(1)))
    _ = try grant(&account, at: last + .seconds(1))
  }

  @Test func `sends nothing while the provider holds it`() throws {
    var account = account()
    let first = try grant(&account)
    _ = account.ended(first, limit(.seconds(90)), job: 0, at: start, random: 0)
    let end = start + .seconds(90)
    for time in [start, start + .seconds(89), end - .milliseconds(1)] {
      #expect(account.admit(shape, at: time) == .wait(until: end))
    }
    #expect(account.waiting == .retryAfter && account.heldUntil == end)
    _ = try grant(&account, at: end)
  }

  @Test(arguments: [(31 * 86_400, 31 * 86_400), (31 * 86_400 + 1, 3_600), (1_795_464_000, 3_600)])
  func `believes no wait of more than a month, and asks after an hour`(
    _ asked: Int,
    _ waited: Int
  ) throws {
    var account = account()
    let grants = try (0..<3).map { _ in try grant(&account) }
    for (job, grant) in grants.enumerated() {
      _ = account.ended(grant, limit(.seconds(asked)), job: job, at: start, random: 0)
    }
    let end = start + .seconds(waited)
    #expect(account.admit(shape, at: end - .seconds(1)) == .wait(until: end))
    _ = try grant(&account, at: end)
    #expect(account.admit(shape, at: end) == .wait(until: end + .seconds(1)))
    #expect(account.inFlight == 1)
  }

  @Test func `says that a rate limit holds it where no time was named`() throws {
    var account = account()
    var now = start
    while account.heldUntil == nil {
      _ = account.ended(try grant(&account, at: now), limit(nil), job: 0, at: now, random: 0)
      now += .seconds(1)
    }
    _ = account.admit(shape, at: now - .milliseconds(999))
    #expect(account.waiting == .rateLimit)
  }

  @Test func `holds the model that was limited, and all once a second one is too`() throws {
    var account = account()
    let grants = ["slow", "fast", "other"].compactMap { model -> AccountState.Grant? in
      guard case .granted(let grant) = account.admit(shape, model: model, at: start) else {
        return nil
      }
      return grant
    }
    _ = account.ended(grants[0], limit(.seconds(30)), job: 0, at: start, random: 0)
    #expect(account.admit(shape, model: "slow", at: start) == .wait(until: start + .seconds(30)))
    #expect(account.heldUntil == nil)
    _ = account.ended(grants[1], success, job: 1, at: start + .seconds(1), random: 0)
    let later = start + .seconds(2)
    _ = account.ended(grants[2], limit(.seconds(20)), job: 2, at: later, random: 0)
    guard case .granted(let fourth) = account.admit(shape, model: "fast", at: later) else {
      Issue.record("a model that was not limited waits")
      return
    }
    _ = account.ended(fourth, limit(.seconds(40)), job: 3, at: later, random: 0)
    #expect(account.admit(shape, model: "new", at: later) == .wait(until: later + .seconds(40)))
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
    let isBackNow = account.ended(first, success, job: 0, at: start, random: 0).isBack
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
      _ = account.ended(try grant(&account, at: now), .refused, job: 0, at: now, random: 0)
    }
    let last = try grant(&account, at: now)
    let verdict = account.ended(last, success, job: 0, at: now, random: 0)
    #expect(verdict.isBack)
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

  @Test func `waits longer and longer where all is refused and no time is named`() throws {
    for random in [0.0, 0.5, 0.999] {
      var account = account()
      var now = start
      for round in 1...12 {
        let refused = try grant(&account, at: now)
        _ = account.ended(refused, limit(nil), job: round, at: now, random: random)
        let wait = round < 3 ? 0 : min(60, 0.5 * Double(1 << (round - 3))) * (0.5 + random / 2)
        let held = account.heldUntil.map { max(0, ($0 - now).seconds) } ?? 0
        #expect(abs(held - wait) < 1e-6)
        // The pace found by then must not stand in the way of the next request.
        now += .seconds(wait + 60)
      }
      let answered = try grant(&account, at: now)
      _ = account.ended(answered, success, job: 0, at: now, random: random)
      now += .seconds(60)
      _ = account.ended(try grant(&account, at: now), limit(nil), job: 0, at: now, random: random)
      #expect(account.heldUntil.map { $0 <= now } ?? true)
    }
  }

  @Test func `keeps the longest wait of several`() throws {
    var account = account()
    let refused = [try grant(&account), try grant(&account)]
    for (grant, wait) in zip(refused, [100, 5]) {
      _ = account.ended(grant, limit(.seconds(wait)), job: 0, at: start, random: 0)
    }
    #expect(account.heldUntil == start + .seconds(100))
  }

  @Test(arguments: [nil, 1, 30] as [Int?])
  func `an overload of some holds nobody else`(_ wait: Int?) throws {
    var account = account()
    for job in 0..<200 {
      let now = start + .milliseconds(job * 10)
      let next = try grant(&account, at: now)
      let isOverload = job % 4 == 3
      let end = isOverload ? overload(wait.map { .seconds($0) }) : success
      let verdict = account.ended(next, end, job: job, at: now, random: 0)
      #expect(verdict.retryAt == nil)
    }
    #expect(account.heldUntil == nil)
  }

  @Test func `retries are spaced where most requests meet an overload`() throws {
    var account = account()
    var last = start
    for job in 0..<300 {
      let now = start + .milliseconds(job * 10)
      let next = try grant(&account, at: now)
      let verdict = account.ended(
        next,
        job % 4 == 3 ? success : overload(),
        job: job,
        at: now,
        random: 0
      )
      guard job > 250, let retryAt = verdict.retryAt else { continue }
      #expect(retryAt > last)
      last = retryAt
    }
    #expect(last > start + .seconds(3))
  }
}
