import KeySources

extension KeystoreEntry.Version {
  /// The word for where the value stands at a moment.
  func word(at now: Int64) -> String {
    switch standing(at: now) {
    case .expired: "expired"
    case .notYet(let moment?): "waiting until \(Timestamp.text(moment))"
    default: state.rawValue
    }
  }
}

extension KeystoreEntry {
  /// The present value in a few words.
  var summary: String { "version \(current.number), fingerprint \(current.fingerprint)" }
}
