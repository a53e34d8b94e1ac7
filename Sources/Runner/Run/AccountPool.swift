import KeySources
import Synchronization
import Transport

/// Finds an account for each request, and waits where none can take it.
package final class AccountPool: Sendable {
  /// How long a run in which no endpoint ever answered goes on.
  private let giveUpAfter: Duration
  /// How long a run waits while every account is parked; nil waits for ever.
  private let parkFor: Duration?
  /// How often parked accounts look for new keys.
  private static let refreshInterval: Duration = .seconds(5)

  private let accounts: [Account]
  private let alarm: AlarmClock
  private let clock: any RunClock
  private let stop: RunStop
  private let events: any EventSink
  private let start: ContinuousClock.Instant
  private let allParkedSince = Mutex<ContinuousClock.Instant?>(nil)
  /// What the last request without an answer died of.
  private let lastFailure = Mutex<String?>(nil)

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
      guard let account = leastBusy(at: now) else {
        await waitForUnparking(at: now)
        continue
      }
      let (admission, isResumed) = account.state.withLock { state in
        let wasParked = state.parking != nil
        let admission = state.admit(inputTokens: inputTokens, at: now)
        return (admission, wasParked && state.parking == nil)
      }
      if isResumed { events.record(.resumed(account: account.name)) }
      switch admission {
      case .wait(let until):
        giveUpIfSilent(at: now)
        _ = await alarm.sleep(until: until)
      case .parked: continue
      case .granted(let endpoint, let cost, let leavesAt):
        if let permit = await leave(account, endpoint, cost, at: leavesAt) { return permit }
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
    _ endpoint: Int,
    _ cost: Cost,
    at leavesAt: ContinuousClock.Instant
  ) async -> Account.Permit? {
    var isStopped = false
    if leavesAt > clock.now { isStopped = await alarm.sleep(until: leavesAt) == .stopped }
    let key = await key(of: account)
    let now = clock.now
    let maySend = account.state.withLock { $0.maySend(at: now) }
    guard !isStopped, maySend, let key else {
      account.state.withLock { $0.cancelled(endpoint: endpoint, cost: cost, at: now) }
      if key == nil { park(account, .credential, "it has no key left that works") }
      return nil
    }
    allParkedSince.withLock { $0 = nil }
    return Account.Permit(
      account: account,
      endpoint: endpoint,
      cost: cost,
      key: key,
      sentAt: now
    )
  }

  /// A key that works; where the last one was just refused, what the reading that this caused found.
  private func key(of account: Account) async -> Key? {
    if let key = account.keyring.lease() { return key }
    await account.keyring.refresh()
    return account.keyring.lease()
  }

  /// Takes an account out of use.
  func park(_ account: Account, _ reason: ParkReason, _ message: String) {
    let isNews = account.state.withLock { $0.park(reason, message, at: clock.now) }
    if isNews { events.record(.parked(account: account.name, reason: message)) }
  }

  /// Every account is parked: stops the run if it has no hope, else looks for new keys in a while.
  private func waitForUnparking(at now: ContinuousClock.Instant) async {
    let parkings = accounts.compactMap { $0.state.withLock { $0.parking } }
    guard let parking = parkings.first else { return }
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
    _ = await alarm.sleep(until: now + Self.refreshInterval)
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

  /// Brings parked accounts back when a new key appears; ends when the run stops.
  package func watch() async {
    while await alarm.sleep(until: clock.now + Self.refreshInterval) == .elapsed {
      giveUpIfSilent(at: clock.now)
      for account in accounts where account.state.withLock({ $0.parking != nil }) {
        await account.keyring.refresh()
        guard account.keyring.lease() != nil else { continue }
        guard account.state.withLock({ $0.keyAppeared() }) else { continue }
        allParkedSince.withLock { $0 = nil }
        events.record(.resumed(account: account.name))
      }
    }
  }
}
