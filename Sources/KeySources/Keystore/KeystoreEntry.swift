/// What the keystore says about one key, without its values.
package struct KeystoreEntry: Hashable, Sendable {
  /// Where a value is in its life.
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
  }

  /// Whether requests may be sent with a value at a given moment.
  package enum Standing: Hashable, Sendable {
    /// They may.
    case usable
    /// Not yet: the value waits for a moment, or for an operator when that is nil.
    case notYet(Int64?)
    /// No longer, since a moment.
    case expired(Int64)
    /// No: an operator disabled it, or it was rolled back.
    case disabled
    /// No longer: it was retired.
    case retired
  }

  /// One value of a key.
  package struct Version: Hashable, Sendable {
    /// Counts up with every new value of the key.
    package let number: Int
    /// Where it is in its life.
    package let state: State
    /// When it was stored, in RFC 3339 form.
    package let created: String
    /// From when on it may be used, in milliseconds since 1970; nil for always.
    package let notBefore: Int64?
    /// Until when it may be used: when it expires, or when its overlap ends; nil for always.
    package let expires: Int64?
    /// A short name of the value.
    package let fingerprint: String

    /// Whether it may be used at a moment.
    package func standing(at now: Int64) -> Standing {
      switch state {
      case .disabled: return .disabled
      case .retired: return .retired
      case .pending: return .notYet(nil)
      case .active, .draining:
        if let expires, expires <= now { return .expired(expires) }
        if let notBefore, now < notBefore { return .notYet(notBefore) }
        return .usable
      }
    }
  }

  /// The name by which `keystore:ID` refers to it.
  package let id: String
  /// Whose key it is, for instance `anthropic`; nil when that was not said.
  package let provider: String?
  /// Names the rotation that brought the present value; nil when there was none.
  package let rotation: String?
  /// The present value.
  package let current: Version
  /// The value before the last rotation, or the one that was rolled back, while it is kept.
  package let previous: Version?
}
