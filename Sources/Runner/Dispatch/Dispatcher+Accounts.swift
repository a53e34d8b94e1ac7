extension Dispatcher {
  /// How the accounts of a run stand now, and what a later run should know of them.
  ///
  /// - Parameter isSecond: whether a second has passed, for which what holds them back is counted.
  func report(_ accounts: [Account], isSecond: Bool = false) -> AccountsReport {
    let (waiting, members) = look { state in
      if isSecond, state.waiting > 0 { state.noteHolds() }
      return (state.waiting, state.accounts.members)
    }
    let (now, moment) = (clock.now, clock.unixMilliseconds)
    return AccountsReport(
      waiting: waiting,
      accounts: zip(accounts, members).map { AccountReport($0, $1.state, at: now) },
      memories: zip(accounts, members).map { account, member in
        let memory = member.state.memory(at: now, unixMilliseconds: moment)
        return AccountsReport.Memory(account: account.name, memory: memory)
      }
    )
  }
}
