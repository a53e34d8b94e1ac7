package import KeySources

/// Where keys come from: the keyrings of the accounts, or a test's.
package protocol KeyDesk: Sendable {
  /// The account's newest good key, on loan; nil where it has none to give now.
  func lease(_ account: Int) -> KeyLease?
  /// Whether a request could have a key now.
  func canLease(_ account: Int) -> Bool
  /// Whether any key of any account has ever worked.
  var hasEverWorked: Bool { get }
}
