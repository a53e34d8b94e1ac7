/// Where one value of a key is in its life.
package enum KeyState: String, Hashable, Sendable {
  /// Fetched, and not accepted by the provider yet.
  case pending
  /// The provider has accepted it.
  case active
  /// The provider has refused it.
  case quarantined
  /// Out of use; requests that started with it finish.
  case draining
}

/// Something that happened to the keys of an account.
package enum KeyringEvent: Hashable, Sendable {
  /// A source gave its first value, or another one than before.
  case loaded(generation: Int)
  /// The provider accepted a value for the first time.
  case accepted(generation: Int)
  /// The provider refused a value; it is out of use until it is tried again or replaced.
  case refused(generation: Int)
  /// A refused value is tried once more.
  case retried(generation: Int)
  /// A value takes no new requests, for the reason given.
  case draining(generation: Int, DrainReason)
  /// The last request with a value has ended: it is wiped.
  case retired(generation: Int)
  /// The store will take a value back before this long.
  case expiring(generation: Int, within: Duration)
  /// A source stopped answering.
  case sourceFailed(source: Int)
  /// The last word of a source that does not answer is this old.
  case stale(source: Int, age: Duration)
  /// A source answers again.
  case sourceAnswered(source: Int)

  /// Why a value takes no new requests.
  package enum DrainReason: String, Hashable, Sendable {
    /// A newer value works.
    case replaced
    /// Its source gives another one, before it was ever used with success.
    case withdrawn
    /// Its source says that it is no more.
    case gone
    /// Its time is up.
    case expired
    /// Its source has not answered for too long.
    case lapsed
  }
}
