import Synchronization
import Transport

/// Which organisations the accounts belong to, learnt from their first answers that say so: accounts
/// of one organisation share its limits.
package final class AccountOrganisations: Sendable {
  /// The accounts by their organisation at the provider, in the order in which it was learnt.
  private let known = Mutex<[String: [String]]>([:])
  private let isNeeded: Bool
  private let onShared: @Sendable (_ account: String, _ other: String) -> Void

  /// - Parameters:
  ///   - accounts: how many there are.
  ///   - onShared: told of an account and of another one, whose limits it shares.
  package init(
    accounts: Int,
    onShared: @escaping @Sendable (_ account: String, _ other: String) -> Void
  ) {
    isNeeded = accounts > 1
    self.onShared = onShared
  }

  /// Learns where an account belongs, and tells when it is where another does.
  func learn(from response: HTTPResponse, about account: String, by provider: any Provider) {
    guard isNeeded, known.withLock({ !$0.values.contains { $0.contains(account) } }),
      let name = provider.organisation(of: response)
    else { return }
    let other = known.withLock { known -> String? in
      guard !known[name, default: []].contains(account) else { return nil }
      defer { known[name, default: []].append(account) }
      return known[name]?.first
    }
    if let other { onShared(account, other) }
  }
}
