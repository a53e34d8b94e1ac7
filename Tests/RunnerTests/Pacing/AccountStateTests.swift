import Runner
import Testing

@Suite struct `An account` {
  private let start = ContinuousClock.now

  private func account(_ limits: RateLimits = RateLimits(), endpoints: Int = 1) -> AccountState {
    AccountState(
      pacer: Pacer(limits: limits, expectedOutput: 10, at: start),
      endpoints: endpoints
    )
  }

  /// Admits a request that must be granted at once.
  private func grant(_ account: inout AccountState, at now: ContinuousClock.Instant? = nil) throws
    -> (place: EndpointBalancer.Place, cost: Cost)
  {
    let admission = account.admit(inputTokens: 5, at: now ?? start)
    guard case .granted(let place, let cost, _) = admission else {
      throw Unexpected(admission: admission)
    }
    return (place, cost)
  }

  private struct Unexpected: Error {
    let admission: AccountState.Admission
  }

  @Test func `waits for the probe when all its endpoints are down`() throws {
    var account = account()
    let grants = try (0..<5).map { _ in try grant(&account) }
    for (job, grant) in grants.enumerated() {
      let isCharged = account.failed(
        place: grant.place,
        cost: grant.cost,
        job: job,
        sentAt: start,
        answered: false,
        isAboutRequest: false,
        at: start,
        random: 1
      )
      #expect(!isCharged)
    }
    #expect(!account.hasAnswered)
    #expect(account.admit(inputTokens: 1, at: start) == .wait(until: start + .seconds(1)))
    _ = try grant(&account, at: start + .seconds(1))
  }

  @Test func `sends nothing while the provider holds it`() throws {
    var account = account()
    let (place, cost) = try grant(&account)
    account.paced(place: place, cost: cost, for: .seconds(90), at: start, random: 0)
    let end = start + .seconds(90)
    #expect(account.admit(inputTokens: 1, at: start) == .wait(until: end))
    #expect(!account.maySend(at: end - .milliseconds(1)))
    #expect(account.earliest(at: start) == end)
    #expect(account.maySend(at: end))
    _ = try grant(&account, at: end)
  }

  @Test func `parked for its key waits for a new one only`() throws {
    var account = account()
    let isNews = [0, 1].map { _ in account.park(.credential, "refused", at: start) }
    #expect(isNews == [true, false])
    let later = start + .seconds(1_000_000)
    #expect(account.earliest(at: later) == nil)
    let admission = account.admit(inputTokens: 1, at: later)
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
    let (place, cost) = try grant(&account)
    let second = account.admit(inputTokens: 1, at: start)
    #expect(second == .closed)
    let isBackNow = account.answered(place: place, cost: cost, actual: cost, at: start)
    #expect(isBackNow && account.parking == nil)
    _ = try grant(&account)
  }

  @Test func `nothing leaves while another key is looked for`() throws {
    var account = account()
    account.lostKey()
    #expect(account.earliest(at: start) == nil && !account.maySend(at: start))
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
      #expect(!isBack && !account.maySend(at: now))
      let retryAt = now + .seconds(60 * minutes)
      #expect(account.parking?.retryAt == retryAt)
      #expect(account.earliest(at: retryAt - .seconds(1)) == nil)
      now = retryAt
      let (place, cost) = try grant(&account, at: now)
      account.refused(place: place, cost: cost, at: now)
    }
    let (place, cost) = try grant(&account, at: now)
    let isBack = account.answered(place: place, cost: cost, actual: cost, at: now)
    #expect(isBack)
    _ = account.park(reason, "no", at: now)
    #expect(account.parking?.retryAt == now + .seconds(60))
  }
}
