/// The keys that the provider accepts, which may change while it runs.
struct AcceptedKeys: Sendable {
  /// The account of each key; nil accepts any key, as the account `default`.
  private var accounts: [String: String]?
  /// When keys stop working.
  private var ends: [String: Duration] = [:]

  init(_ configuration: SimulatorConfiguration) {
    if !configuration.keys.isEmpty {
      let pairs = configuration.keys.map { ($0.key, $0.account) }
      accounts = Dictionary(pairs) { first, _ in first }
    }
    for revocation in configuration.revocations {
      ends[revocation.key] = min(revocation.time, ends[revocation.key] ?? revocation.time)
    }
  }

  /// The account that a key belongs to.
  func account(of key: String, at now: Duration) throws(Refusal) -> String {
    if let end = ends[key], end <= now { throw .wrongKey(key) }
    guard let accounts else { return "default" }
    guard let account = accounts[key] else { throw .wrongKey(key) }
    return account
  }

  /// Changes what is accepted from now on.
  mutating func change(_ change: KeyChange, at now: Duration) {
    if let addition = change.add {
      accounts = accounts ?? [:]
      accounts?[addition.key] = addition.account
      ends[addition.key] = nil
    }
    if let key = change.revoke { ends[key] = now }
  }

  /// How many keys of each account are accepted now; nothing where any key is.
  func counts(at now: Duration) -> [String: Int] {
    (accounts ?? [:]).filter { (ends[$0.key] ?? .seconds(Int64.max)) > now }
      .reduce(into: [:]) { $0[$1.value, default: 0] += 1 }
  }
}

/// A change of the keys that the provider accepts, as `POST /simulator/keys` takes it.
package struct KeyChange: Decodable, Sendable {
  struct Addition: Decodable, Sendable {
    /// An account that is there, or a new one without limits.
    let account: String
    let key: String
  }
  /// What it looks like.
  static let form =
    #"POST {"add":{"account":"NAME","key":"KEY"},"revoke":"KEY"}, or one of the two"#

  /// A key to accept from now on, even if it was revoked before.
  let add: Addition?
  /// A key to refuse from now on.
  let revoke: String?
}
