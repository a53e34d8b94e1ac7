import KeySources
import Synchronization
import Transport

/// Finds an account for each request, and waits where none can take it.
package final class AccountPool: Sendable {
  /// How long a run in which no endpoint ever answered goes on.
  private let giveUpAfter: Duration
  /// How long a run waits while every account is parked; nil waits for ever.
  private let parkFor: Duration?
  /// How often it is looked whether all hope is lost.
  private static let glance: Duration = .seconds(5)

  private let accounts: [Account]
  private let alarm: AlarmClock
  private let clock: any RunClock
  private let stop: RunStop
  private let events: any EventSink
  private let start: ContinuousClock.Instant
  private let allParkedSince = Mutex<ContinuousClock.Instant?>(nil)
  /// What the last request without an answer died of.
  private let lastFailure = Mutex<String?>(nil)
  /// What the provider last said of a key that it refused, by account.
  private let lastRefusal = Mutex<[String: String]>([:])
  /// The accounts by their organisation at the provider, in the order in which it was learnt.
  private let organisations = Mutex<[String: [String]]>([:])
  /// Rings when an account may be used that could not before.
  private let opened = AlarmClock.Bell()

  package init(
    accounts: [Account],
    alarm: AlarmClock,
    clock: any RunClock,
    stop: RunStop,
    events: any EventSink,
    giveUpAfter: Duration,
    parkFor: Duration?
  ) {
    self.accounts = accounts
    self.alarm = alarm
    self.clock = clock
    self.stop = stop
    self.events = events
    self.giveUpAfter = giveUpAfter
    self.parkFor = parkFor
    start = clock.now
  }

  /// Waits until a request may leave; nil when the run stops first.
  func admit(inputTokens: Double) async -> Account.Permit? {
    while stop.first == nil {
      let now = clock.now
      let mark = opened.mark
      guard let account = leastBusy(at: now) else {
        await waitForOpening(since: mark, at: now)
        continue
      }
      switch account.state.withLock({ state in
        state.admit(inputTokens: inputTokens, at: now, random: .random(in: 0..<1))
      }) {
      case .wait(let until):
        giveUpIfSilent(at: now)
        _ = await alarm.sleep(until: until)
      case .closed: continue
      case .granted(let place, let cost, let leavesAt):
        if let permit = await leave(account, place, cost, at: leavesAt) { return permit }
      }
    }
    return nil
  }

  /// The account that can take a request first; among equals the one with the least in flight.
  private func leastBusy(at now: ContinuousClock.Instant) -> Account? {
    accounts.compactMap { account in
      account.state.withLock { state in
        state.earliest(at: now).map { (account, $0, state.inFlight) }
      }
    }.min { ($0.1, $0.2) < ($1.1, $1.2) }?.0
  }

  /// Waits for the time that the pacer gave and takes a key.
  private func leave(
    _ account: Account,
    _ place: EndpointBalancer.Place,
    _ cost: Cost,
    at leavesAt: ContinuousClock.Instant
  ) async -> Account.Permit? {
    var isStopped = false
    if leavesAt > clock.now { isStopped = await alarm.sleep(until: leavesAt) == .stopped }
    let now = clock.now
    let maySend = account.state.withLock { $0.maySend(at: now) }
    guard !isStopped, maySend, let lease = account.keyring.lease() else {
      let isOut = !account.keyring.canLease
      account.state.withLock { state in
        state.cancelled(place: place, cost: cost, at: now)
        if isOut { state.lostKey() }
      }
      if isOut { alarm.ring(account.keysWanted) }
      return nil
    }
    allParkedSince.withLock { $0 = nil }
    return Account.Permit(
      account: account,
      place: place,
      cost: cost,
      lease: lease,
      sentAt: now
    )
  }

  /// The provider refused the key of a request: goes on with another, or has one looked for while
  /// the account's jobs wait.
  func refused(_ permit: Account.Permit, _ message: String) {
    let account = permit.account
    guard !account.keyring.reject(permit.lease) else { return }
    lastRefusal.withLock { $0[account.name] = message }
    account.state.withLock { $0.lostKey() }
    alarm.ring(account.keysWanted)
  }

  /// A request was answered and its key works.
  func answered(_ permit: Account.Permit, actual: Cost?) {
    permit.account.keyring.confirm(permit.lease)
    let isBack = permit.account.state.withLock { state in
      state.answered(place: permit.place, cost: permit.cost, actual: actual, at: clock.now)
    }
    if isBack { reopen(permit.account) }
  }

  /// Takes an account out of use.
  func park(_ account: Account, _ reason: ParkReason, _ message: String) {
    let isNews = account.state.withLock { $0.park(reason, message, at: clock.now) }
    if isNews { events.record(.parked(account: account.name, reason: message)) }
    // Those who wait for a key learn that there is none.
    alarm.ring(opened)
  }

  /// Learns which organisation an account belongs to, from its first answer that says so, and tells
  /// when it is that of another: their limits are the same ones.
  func learn(
    _ organisation: (HTTPResponse) -> String?,
    from response: HTTPResponse,
    about account: Account
  ) {
    guard accounts.count > 1 else { return }
    let isKnown = organisations.withLock { $0.values.contains { $0.contains(account.name) } }
    guard !isKnown, let name = organisation(response) else { return }
    let other = organisations.withLock { known -> String? in
      guard !known[name, default: []].contains(account.name) else { return nil }
      defer { known[name, default: []].append(account.name) }
      return known[name]?.first
    }
    if let other { events.record(.sharedOrganisation(account: account.name, other: other)) }
  }

  /// How all accounts stand.
  var reports: [AccountReport] { accounts.map(\.report) }

  private func reopen(_ account: Account) {
    allParkedSince.withLock { $0 = nil }
    events.record(.resumed(account: account.name))
    alarm.ring(opened)
  }

  /// No account can be used: stops the run if it has no hope, else waits for one to open.
  private func waitForOpening(since mark: AlarmClock.Mark, at now: ContinuousClock.Instant) async {
    let parkings = accounts.compactMap { $0.state.withLock { $0.isWithoutKey ? nil : $0.parking } }
    if parkings.count == accounts.count, let parking = parkings.first {
      if !accounts.contains(where: { $0.keyring.everWorked }) {
        switch parking.reason {
        case .credential: return stop.stop(.keyRefused(parking.message))
        case .billing: return stop.stop(.parked(parking.message))
        case .configuration: return stop.stop(.unavailable(parking.message))
        }
      }
      let since = allParkedSince.withLock { since in
        since = since ?? now
        return since ?? now
      }
      if let parkFor, now - since >= parkFor { return stop.stop(.parked(parking.message)) }
    }
    _ = await alarm.sleep(until: now + Self.glance, orRingSince: mark)
  }

  /// Stops a run to whom no endpoint has ever said anything.
  func giveUpIfSilent(at now: ContinuousClock.Instant, reason: String? = nil) {
    if let reason { lastFailure.withLock { $0 = reason } }
    guard now - start >= giveUpAfter else { return }
    guard !accounts.contains(where: { $0.state.withLock { $0.hasAnswered } }) else { return }
    let silence = "no endpoint has answered for \(giveUpAfter.milliseconds / 1_000) s"
    let cause = lastFailure.withLock { $0 }
    stop.stop(.unavailable(cause.map { "\(silence): \($0)" } ?? silence))
  }

  /// Keeps the keys of all accounts fresh, and brings accounts back that get a good one; ends when
  /// the run stops.
  package func watch() async {
    let watching = Task {
      await withDiscardingTaskGroup { group in
        for account in accounts {
          group.addTask { await self.watchKeys(of: account) }
          group.addTask {
            await account.keyring.watch { self.alarm.ring(account.keysWanted) }
          }
        }
      }
    }
    while await alarm.sleep(until: clock.now + Self.glance) == .elapsed {
      giveUpIfSilent(at: clock.now)
    }
    watching.cancel()
    await watching.value
  }

  private func watchKeys(of account: Account) async {
    while !Task.isCancelled {
      let mark = account.keysWanted.mark
      let due = account.keyring.nextDue
      if due > clock.now {
        guard await alarm.sleep(until: due, orRingSince: mark) != .stopped else { return }
      }
      await account.keyring.poll()
      look(account)
    }
  }

  /// What a reading of its sources means for an account.
  private func look(_ account: Account) {
    guard account.keyring.canLease else {
      if account.keyring.maySoonLease { return }
      let refusal = lastRefusal.withLock { $0[account.name] }
      let exhaustion = account.keyring.exhaustion
      return park(account, .credential, refusal.map { "\($0) (\(exhaustion))" } ?? exhaustion)
    }
    let isTrial = account.keyring.isOnTrial
    let (wasWithoutKey, isBack) = account.state.withLock { state in
      (state.isWithoutKey, state.keyAppeared(isTrial: isTrial))
    }
    if isBack { reopen(account) } else if wasWithoutKey || isTrial { alarm.ring(opened) }
  }
}
