import KeySources
import Synchronization
import Transport

// What becomes of requests, and what it means for their accounts.
extension AccountPool {
  /// A request was answered and its key works.
  func answered(
    _ permit: Account.Permit,
    usage: Usage?,
    elapsed: Duration,
    sighting: LimitSighting
  ) {
    permit.account.keyring.confirm(permit.lease)
    let isBack = permit.account.state.withLock { state in
      state.answered(
        permit.grant,
        usage: usage,
        elapsed: elapsed,
        sighting: sighting,
        at: clock.now
      )
    }
    if isBack { reopen(permit.account) }
    advance()
  }

  /// The provider asked an account to wait.
  ///
  /// - Parameter wait: at least for so long; nil where it does not say.
  func paced(
    _ permit: Account.Permit,
    for cause: PaceCause,
    wait: Duration?,
    sighting: LimitSighting
  ) {
    permit.account.keyring.confirm(permit.lease)
    permit.account.state.withLock { state in
      state.paced(
        permit.grant,
        for: cause,
        wait: wait,
        sighting: sighting,
        at: clock.now,
        random: .random(in: 0..<1)
      )
    }
    events.record(.rateLimited(account: permit.account.name, wait: wait))
    advance()
  }

  /// A request failed.
  ///
  /// - Returns: whether the failure is charged to the job, and when it may be sent again at the
  ///   earliest.
  func failed(
    _ permit: Account.Permit,
    job: Int,
    cause: RetryCause,
    wait: Duration?,
    answered: Bool,
    isAboutRequest: Bool,
    othersWait: Bool
  ) -> (isCharged: Bool, earliest: ContinuousClock.Instant) {
    let now = clock.now
    let result = permit.account.state.withLock { state in
      let isCharged = state.failed(
        permit.grant,
        job: job,
        cause: cause,
        wait: wait,
        answered: answered,
        isAboutRequest: isAboutRequest,
        othersWait: othersWait,
        at: now,
        random: .random(in: 0..<1)
      )
      return (isCharged, cause == .overload ? state.nextRetry(at: now) : now)
    }
    advance()
    return result
  }

  /// The provider refused the key, the account or the address of a request.
  ///
  /// - Parameter until: seconds since 1970 at which the refusal is over, where it says so.
  func refused(
    _ permit: Account.Permit,
    _ refusal: Refusal,
    _ reason: ParkReason,
    until: Double?
  ) {
    permit.account.state.withLock { $0.refused(permit.grant, at: clock.now) }
    if reason == .credential {
      refusedKey(permit, refusal.message)
    } else {
      park(permit.account, reason, refusal.message, until: until)
    }
  }

  /// Goes on with another key, or has one looked for while the account's jobs wait.
  private func refusedKey(_ permit: Account.Permit, _ message: String) {
    let account = permit.account
    if account.keyring.reject(permit.lease) { return advance() }
    lastRefusal.withLock { $0[account.name] = message }
    account.state.withLock { $0.lostKey() }
    alarm.ring(account.keysWanted)
  }

  /// A request was cut off by us.
  ///
  /// - Parameter left: whether the provider may have counted it.
  func cancelled(_ permit: Account.Permit, left: Bool = false) {
    permit.account.state.withLock { $0.cancelled(permit.grant, left: left, at: clock.now) }
    advance()
  }

  /// A request that might have left is not sent.
  func withdraw(_ permit: Account.Permit) {
    cancelled(permit)
    permit.account.keyring.release(permit.lease)
  }

  /// Takes an account out of use.
  ///
  /// - Parameter until: seconds since 1970 at which the provider says that it may be used again.
  func park(
    _ account: Account,
    _ reason: ParkReason,
    _ message: String,
    until: Double? = nil
  ) {
    let wait = until.map { Duration.seconds(max(0, $0 - Double(clock.unixMilliseconds) / 1_000)) }
    let isNews = account.state.withLock { $0.park(reason, message, for: wait, at: clock.now) }
    if isNews { events.record(.parked(account: account.name, reason: message)) }
    advance()
  }
}
