import KeySources
import Synchronization

// Keys that go and come, and what that means for their accounts.
extension AccountPool {
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
      // Parked accounts open by time alone, and patience with them ends by time alone.
      advance()
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
    if isBack { reopen(account) } else if wasWithoutKey || isTrial { advance() }
  }
}
