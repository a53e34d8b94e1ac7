/// What the keystore says about one key, without its value.
package struct KeystoreEntry: Hashable, Sendable {
  /// Where a key is in its life.
  package enum State: String, Hashable, Sendable {
    /// Stored and not in use yet.
    case pending
    /// In use.
    case active
    /// Being replaced: finishes what it began.
    case draining
    /// Out of use for good.
    case retired
    /// Out of use until an operator says otherwise.
    case disabled

    /// Whether requests may be sent with it.
    package var isUsable: Bool { self != .retired && self != .disabled }
  }

  /// The name by which `keystore:ID` refers to it.
  package let id: String
  /// Whose key it is, for instance `anthropic`; nil when that was not said.
  package let provider: String?
  /// Where it is in its life.
  package let state: State
  /// When it was stored, in RFC 3339 form.
  package let created: String
  /// A short name of the value.
  package let fingerprint: String
}
