// Accounts that park and open, and runs that have no hope.
extension DispatchState {
  /// A granted request finds no key: the account looks for one.
  mutating func loseKey(
    _ account: Int,
    _ grant: AccountState.Grant,
    at now: ContinuousClock.Instant,
    _ actions: inout [Action]
  ) {
    _ = accounts[account].ended(
      grant,
      .cancelled(left: false),
      job: 0,
      at: grant.sentAt,
      random: 0
    )
    guard !keys.canLease(account) else { return }
    accounts[account].lostKey()
    actions.append(.findKey(account: account))
  }

  /// Notes what holds each account back; called once a second while jobs wait.
  package mutating func noteHolds() {
    for account in accounts.members.indices { accounts[account].noteHold() }
  }

  mutating func foundKey(_ account: Int, _ isTrial: Bool, _ actions: inout [Action]) {
    let wasWithoutKey = accounts[account].isWithoutKey
    if accounts[account].keyAppeared(isTrial: isTrial) { return reopen(account, &actions) }
    if wasWithoutKey || isTrial { blocked = [:] }
  }

  mutating func reopen(_ account: Int, _ actions: inout [Action]) {
    patience.resumed(account: account)
    blocked = [:]
    actions.append(.resumed(account: account))
  }

  /// Takes an account out of use.
  ///
  /// - Parameter until: how long the provider says that it may not be used; nil where it does not.
  mutating func park(
    _ account: Int,
    _ reason: ParkReason,
    _ message: String,
    until wait: Duration?,
    at now: ContinuousClock.Instant,
    _ actions: inout [Action]
  ) {
    let message = reason == .credential ? patience.refusal(of: account, message) : message
    let isNews = accounts[account].park(reason, message, for: wait, at: now)
    blocked = [:]
    if isNews { actions.append(.parked(account: account, reason: message)) }
  }

  /// No account can be used for some models: stops the run if it has no hope, and nothing else to do.
  mutating func judge(
    _ closed: [String],
    at now: ContinuousClock.Instant,
    _ actions: inout [Action]
  ) {
    guard inSlots.isEmpty, accounts.inFlight == 0 else { return }
    guard !closed.isEmpty, ready.models.allSatisfy(closed.contains) else {
      return judgeHolds(at: now, &actions)
    }
    let serving = accounts.members.filter { member in closed.contains { member.models.serves($0) } }
    let parkings = serving.compactMap { $0.state.isWithoutKey ? nil : $0.state.parking }
    guard parkings.count == serving.count, let parking = parkings.first else { return }
    let reason = patience.closed(by: parking, everWorked: keys.hasEverWorked, at: now)
    if let reason { stop(reason, &actions) }
  }

  /// The provider lets nothing be sent: stops the run where that takes too long.
  private mutating func judgeHolds(at now: ContinuousClock.Instant, _ actions: inout [Action]) {
    var soonest: (until: ContinuousClock.Instant, words: String?)?
    for model in ready.models {
      for member in accounts.members where member.models.serves(model) && member.isInUse {
        let name = member.models.name(for: model) ?? model
        guard let until = member.state.heldUntil(for: name), until > now else { return }
        if soonest.map({ until < $0.until }) ?? true { soonest = (until, member.state.trouble) }
      }
    }
    guard let soonest else { return }
    let reason = patience.held(for: soonest.until - now, soonest.words, at: now)
    if let reason { stop(reason, &actions) }
  }
}
