import KeySources
import Synchronization
import Transport

/// Lets requests leave: the first in line goes to whichever account has room first.
package final class AccountPool: Sendable {
  /// What a request asks for.
  struct Demand: Sendable {
    let shape: RequestShape
    /// What ``PromptPrefix`` makes of its beginning; nil where there is no choice.
    var prefix: UInt64?
    /// The first request of the same job, from whose endpoint a second one keeps away.
    var first: Account.Permit?
  }

  /// What becomes of a request that asks to leave.
  enum Admission {
    case permit(Account.Permit)
    /// Every account that serves its model is parked, while others are not: it should not keep a
    /// worker from jobs that these serve.
    case closed
    /// The run stops.
    case stopped
  }

  /// Who waits, with what.
  private struct Waiter: Sendable {
    let demand: Demand
    let continuation: CheckedContinuation<Admission, Never>
  }

  private struct Line {
    var order = WaitingLine<Waiter>()
    /// When it is looked again whether somebody may leave.
    var wake: ContinuousClock.Instant?
    /// Models whose jobs are turned away; one of them stays in line to notice the end of that.
    var closed: Set<String> = []
  }

  /// What came of looking for an account.
  private enum Place {
    case permit(Account.Permit)
    case wait(until: ContinuousClock.Instant)
    /// No account can be used.
    case closed
  }

  /// How long a run in which no endpoint ever answered goes on.
  private let giveUpAfter: Duration
  /// How long a run waits while every account is parked; nil waits for ever.
  private let parkFor: Duration?
  /// How often it is looked whether all hope is lost.
  static let glance: Duration = .seconds(5)
  /// Looks come no closer than this: at high rates several requests leave at each.
  private static let shortestWait: Duration = .milliseconds(1)

  let accounts: [Account]
  let alarm: AlarmClock
  let clock: any RunClock
  private let stop: RunStop
  let events: any EventSink
  private let start: ContinuousClock.Instant
  private let allParkedSince = Mutex<ContinuousClock.Instant?>(nil)
  /// What the last request without an answer died of.
  private let lastFailure = Mutex<String?>(nil)
  /// What the provider last said of a key that it refused, by account.
  let lastRefusal = Mutex<[String: String]>([:])
  /// The accounts by their organisation at the provider, in the order in which it was learnt.
  private let organisations = Mutex<[String: [String]]>([:])
  private let line = Mutex(Line())
  private let onOpen: @Sendable (String) -> Void

  /// - Parameter onOpen: told a model whose jobs are not turned away any more.
  package init(
    accounts: [Account],
    alarm: AlarmClock,
    clock: any RunClock,
    stop: RunStop,
    events: any EventSink,
    giveUpAfter: Duration,
    parkFor: Duration?,
    onOpen: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.onOpen = onOpen
    self.accounts = accounts
    self.alarm = alarm
    self.clock = clock
    self.stop = stop
    self.events = events
    self.giveUpAfter = giveUpAfter
    self.parkFor = parkFor
    start = clock.now
    stop.onStop { [weak self] in self?.advance() }
  }

  /// Waits until a request may leave.
  ///
  /// - Parameter rank: of those who wait for the same model, the lowest goes first.
  func admit(_ prepared: PreparedJob, rank: Int) async -> Admission {
    let demand = demand(of: prepared)
    let model = demand.shape.model
    if stop.first == nil, !line.withLock({ $0.order.isWaiting(for: model) }),
      case .permit(let permit) = place(demand, at: clock.now)
    {
      return .permit(permit)
    }
    return await withCheckedContinuation { continuation in
      let isClosed = line.withLock { line in
        if line.closed.contains(model), line.order.isWaiting(for: model) { return true }
        let waiter = Waiter(demand: demand, continuation: continuation)
        line.order.add(waiter, for: model, rank: rank)
        return false
      }
      if isClosed { return continuation.resume(returning: .closed) }
      advance()
    }
  }

  /// Lets a second request of a job leave if there is room at once and nobody waits for it.
  func admitAtOnce(_ prepared: PreparedJob, besides first: Account.Permit) -> Account.Permit? {
    guard stop.first == nil, waiting == 0 else { return nil }
    var demand = demand(of: prepared)
    demand.first = first
    guard case .permit(let permit) = place(demand, at: clock.now) else { return nil }
    return permit
  }

  private func demand(of prepared: PreparedJob) -> Demand {
    let model = prepared.shape.modelRange
    let hasChoice = accounts.contains { $0.endpoints.count > 1 }
    return Demand(
      shape: prepared.shape,
      prefix: hasChoice ? PromptPrefix.hash(of: prepared.request.body, model: model) : nil
    )
  }

  /// Whether any account serves a model.
  func serves(_ model: String) -> Bool { accounts.contains { $0.models.serves(model) } }

  /// Requests that wait to leave.
  var waiting: Int { line.withLock { $0.order.count } }

  /// Lets those leave who can; called whenever something has changed that they may wait for.
  func advance() {
    let now = clock.now
    let isStopped = stop.first != nil
    var leaving: [(Waiter, Admission)] = []
    var shut: [String] = []
    var opened: [String] = []
    let wake: ContinuousClock.Instant? = line.withLock { line in
      if line.order.isEmpty { return nil }
      if isStopped {
        leaving = line.order.removeAll().map { ($0, .stopped) }
        return nil
      }
      var earliest: ContinuousClock.Instant?
      for model in line.order.models {
        serving: while let waiter = line.order.first(for: model) {
          switch place(waiter.demand, at: now) {
          case .permit(let permit):
            line.order.removeFirst(for: model)
            leaving.append((waiter, .permit(permit)))
            if line.closed.remove(model) != nil { opened.append(model) }
          case .wait(let until):
            earliest = min(earliest ?? until, until)
            if line.closed.remove(model) != nil { opened.append(model) }
            break serving
          case .closed:
            shut.append(model)
            break serving
          }
        }
      }
      for model in shut where othersServe(besides: model) {
        line.closed.insert(model)
        leaving += line.order.removeRest(for: model).map { ($0, .closed) }
      }
      return earliest.flatMap { setWake(&line, max($0, now + Self.shortestWait)) }
    }
    for (waiter, admission) in leaving { waiter.continuation.resume(returning: admission) }
    for model in opened { onOpen(model) }
    if let wake { wakeUp(at: wake) }
    if !shut.isEmpty { judgeClosed(to: shut, at: now) }
  }

  /// Whether an account that does not serve a model is in use.
  private func othersServe(besides model: String) -> Bool {
    accounts.contains { !$0.models.serves(model) && $0.isInUse }
  }

  /// Notes the next look; nil where there will be one before.
  private func setWake(
    _ line: inout Line,
    _ time: ContinuousClock.Instant
  ) -> ContinuousClock.Instant? {
    if let wake = line.wake, wake <= time { return nil }
    line.wake = time
    return time
  }

  private func wakeUp(at time: ContinuousClock.Instant) {
    Task {
      _ = await alarm.sleep(until: time)
      line.withLock { if $0.wake == time { $0.wake = nil } }
      advance()
    }
  }

  /// The account with most room that can take a request now.
  private func place(_ demand: Demand, at now: ContinuousClock.Instant) -> Place {
    var earliest: ContinuousClock.Instant?
    for (account, model) in byRoom(for: demand.shape.model) {
      let isFirsts = demand.first?.account === account
      if isFirsts, account.endpoints.count == 1 { continue }
      let admission = account.state.withLock { state in
        state.admit(
          demand.shape,
          model: model,
          prefix: demand.prefix,
          avoiding: isFirsts ? demand.first?.grant.place.endpoint : nil,
          at: now,
          random: .random(in: 0..<1)
        )
      }
      switch admission {
      case .closed: continue
      case .wait(let until): earliest = min(earliest ?? until, until)
      case .granted(let grant):
        if let permit = permit(account, grant) { return .permit(permit) }
      }
    }
    return earliest.map { .wait(until: $0) } ?? .closed
  }

  /// The accounts that serve a model with what they call it, the one with most room first.
  private func byRoom(for model: String) -> [(Account, model: String)] {
    let serving = accounts.compactMap { account in
      account.models.name(for: model).map { (account, model: $0) }
    }
    guard serving.count > 1 else { return serving }
    return serving.map { account, model in
      (account, model, account.state.withLock { $0.load(for: model) })
    }.sorted { $0.2 < $1.2 }.map { ($0.0, model: $0.1) }
  }

  /// Takes a key; without one the account looks for another.
  private func permit(_ account: Account, _ grant: AccountState.Grant) -> Account.Permit? {
    guard let lease = account.keyring.lease() else {
      let isOut = !account.keyring.canLease
      account.state.withLock { state in
        state.cancelled(grant, at: grant.sentAt)
        if isOut { state.lostKey() }
      }
      if isOut { alarm.ring(account.keysWanted) }
      return nil
    }
    return Account.Permit(account: account, grant: grant, lease: lease)
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
  func report() -> AccountsReport {
    let (now, waiting) = (clock.now, waiting)
    if waiting > 0 { for account in accounts { account.state.withLock { $0.noteHold() } } }
    return AccountsReport(waiting: waiting, accounts: accounts.map { $0.report(at: now) })
  }

  func reopen(_ account: Account) {
    allParkedSince.withLock { $0 = nil }
    events.record(.resumed(account: account.name))
    advance()
  }

  /// No account can be used for some models: stops the run if it has no hope, and nothing else to do.
  private func judgeClosed(to models: [String], at now: ContinuousClock.Instant) {
    let serving = accounts.filter { account in models.contains { account.models.serves($0) } }
    let parkings = serving.compactMap { $0.state.withLock { $0.isWithoutKey ? nil : $0.parking } }
    guard parkings.count == serving.count, let parking = parkings.first,
      accounts.allSatisfy({ $0.state.withLock { $0.inFlight == 0 } }),
      line.withLock({ $0.order.models.count == models.count })
    else { return }
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
    if let parkFor, now - since >= parkFor { stop.stop(.parked(parking.message)) }
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
}
