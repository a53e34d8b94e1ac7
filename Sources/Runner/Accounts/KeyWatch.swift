import KeySources

/// Keeps the keys of accounts fresh, and tells when one has a good key or none.
package struct KeyWatch: Sendable {
  /// What a reading of its sources means for an account.
  package enum News: Sendable {
    /// There is a key; `isTrial` where it was refused before and is tried with one request.
    case found(isTrial: Bool)
    /// There is none, for the reason given.
    case missing(reason: String)
  }

  private let accounts: [Account]
  /// Ring when a keyring has something to do before its time.
  private let wanted: [AlarmClock.Bell]
  private let alarm: AlarmClock
  private let clock: any RunClock

  package init(_ accounts: [Account], alarm: AlarmClock, clock: any RunClock) {
    self.accounts = accounts
    self.alarm = alarm
    self.clock = clock
    wanted = accounts.map { _ in AlarmClock.Bell() }
  }

  /// Has the sources of an account read now.
  package func find(_ account: Int) { alarm.ring(wanted[account]) }

  /// Watches until the run stops, and its task is cancelled.
  ///
  /// - Parameter tell: told about an account by its number.
  package func run(_ tell: @escaping @Sendable (Int, News) -> Void) async {
    await withDiscardingTaskGroup { group in
      for index in accounts.indices {
        group.addTask { await accounts[index].keyring.watch { find(index) } }
        group.addTask { await watch(index, tell) }
      }
    }
  }

  private func watch(_ index: Int, _ tell: @Sendable (Int, News) -> Void) async {
    let keyring = accounts[index].keyring
    while !Task.isCancelled {
      let mark = wanted[index].mark
      let due = keyring.nextDue
      if due > clock.now {
        guard await alarm.sleep(until: due, orRingSince: mark) != .stopped else { return }
      }
      await keyring.poll()
      if keyring.canLease {
        tell(index, .found(isTrial: keyring.isOnTrial))
      } else if !keyring.maySoonLease {
        tell(index, .missing(reason: keyring.exhaustion))
      }
    }
  }
}

/// The keyrings of a run's accounts.
struct AccountKeys: KeyDesk {
  private let accounts: [Account]

  init(_ accounts: [Account]) {
    self.accounts = accounts
  }

  func lease(_ account: Int) -> KeyLease? { accounts[account].keyring.lease() }

  func canLease(_ account: Int) -> Bool { accounts[account].keyring.canLease }

  var hasEverWorked: Bool { accounts.contains { $0.keyring.everWorked } }
}
