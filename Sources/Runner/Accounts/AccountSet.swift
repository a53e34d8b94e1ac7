/// The accounts of a run, and which of them a request leaves by: a pure value.
package struct AccountSet: Sendable {
  /// One account: what it serves, and when its next request may leave.
  package struct Member: Sendable {
    let models: ModelMap
    package internal(set) var state: AccountState

    package init(models: ModelMap = ModelMap(), state: AccountState) {
      self.models = models
      self.state = state
    }

    /// False while it is parked or has no key.
    var isInUse: Bool { state.parking == nil && !state.isWithoutKey }
  }

  /// What came of looking for an account.
  enum Place: Sendable {
    case granted(account: Int, AccountState.Grant)
    /// Ask again then, or when another request has ended.
    case wait(until: ContinuousClock.Instant)
    /// Every account that serves the model is parked or without a key.
    case closed
  }

  package internal(set) var members: [Member]

  package init(_ members: [Member]) {
    self.members = members
  }

  subscript(account: Int) -> AccountState {
    get { members[account].state }
    set { members[account].state = newValue }
  }

  /// Requests that were granted and have not ended.
  var inFlight: Int { members.reduce(0) { $0 + $1.state.inFlight } }

  /// True once any endpoint has answered.
  var hasAnswered: Bool { members.contains { $0.state.hasAnswered } }

  /// Whether any account serves a model.
  func serves(_ model: String) -> Bool { members.contains { $0.models.serves(model) } }

  /// Whether an account that does not serve a model is in use.
  func othersServe(besides model: String) -> Bool {
    members.contains { !$0.models.serves(model) && $0.isInUse }
  }

  /// Grants a request to the account with most room that can take it now.
  ///
  /// - Parameters:
  ///   - prefix: what ``PromptPrefix`` makes of its beginning; nil where that does not matter.
  ///   - broken: where it has just failed before it left; nil for nowhere.
  ///   - accounts: those to look at, by ``byRoom(for:)``.
  ///   - random: uniform in 0 ..< 1, for the choice of an endpoint.
  mutating func place(
    _ shape: RequestShape,
    prefix: UInt64?,
    notAgain broken: (account: Int, endpoint: Int, route: Int)? = nil,
    among accounts: [Int],
    at now: ContinuousClock.Instant,
    random: Double
  ) -> Place {
    var earliest: ContinuousClock.Instant?
    for account in accounts {
      let admission = members[account].state.admit(
        shape,
        model: members[account].models.name(for: shape.model),
        prefix: prefix,
        notAgain: broken.flatMap { $0.account == account ? ($0.endpoint, $0.route) : nil },
        at: now,
        random: random
      )
      switch admission {
      case .closed: continue
      case .wait(let until): earliest = min(earliest ?? until, until)
      case .granted(let grant): return .granted(account: account, grant)
      }
    }
    return earliest.map { .wait(until: $0) } ?? .closed
  }

  /// The accounts that serve a model, the one with most room first.
  func byRoom(for model: String) -> [Int] {
    let serving = members.indices.filter { members[$0].models.serves(model) }
    guard serving.count > 1 else { return serving }
    return serving.map { ($0, members[$0].state.load(for: model)) }
      .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
  }
}
