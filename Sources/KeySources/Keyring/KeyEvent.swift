/// Something that happened to an account's keys, in words for logs and for the audit; names keys,
/// and never holds one.
package struct KeyEvent: Hashable, Sendable {
  /// What happened.
  package enum Kind: String, Hashable, Sendable {
    /// A source gave its first value, or another one than before.
    case loaded
    /// The provider accepted a value for the first time.
    case accepted
    /// The provider refused a value.
    case refused
    /// A refused value is tried once more.
    case retried
    /// A value takes no new requests.
    case draining
    /// The last request with a value has ended, and it is wiped.
    case retired
    /// The store will soon take a value back.
    case expiring
    /// A source gives no value at present.
    case sourceFailed = "source_failed"
    /// A source that has failed has not answered for longer than its values are used without a word.
    case stale
    /// A source answers again.
    case sourceAnswered = "source_answered"

    /// Whether people want to hear of it although all goes well so far.
    package var isWarning: Bool {
      switch self {
      case .refused, .expiring, .sourceFailed, .stale: true
      default: false
      }
    }
  }

  package let kind: Kind
  /// Which value it is about; nil where none is meant.
  package let generation: Int?
  /// The source, as the user named it.
  package let reference: String
  /// The store's name of the version; nil where it has none, or none is meant.
  package let label: String?
  /// The short name of the value; nil where no value is meant.
  package let fingerprint: String?
  /// Why, in plain words; nil where there is no more to say.
  package let detail: String?
}
