package import KeySources
import Secrets

extension Outcome {
  /// The same outcome without the key, which a provider may repeat in what it says; a key that is no
  /// secret is a word like any other.
  package func hiding(_ key: Key) -> Outcome {
    guard key.isSecret else { return self }
    return switch self {
    case .completed: self
    case .retry(let refusal, let cause, let after): .retry(refusal.hiding(key), cause, after: after)
    case .pace(let refusal, let cause, let after): .pace(refusal.hiding(key), cause, after: after)
    case .park(let refusal, let reason, let until): .park(refusal.hiding(key), reason, until: until)
    case .fail(let refusal): .fail(refusal.hiding(key))
    }
  }
}

extension Refusal {
  fileprivate func hiding(_ key: Key) -> Refusal {
    key.withSecret { secret in
      let scrubber = Scrubber()
      var id: String?
      if let requestID { id = scrubber.scrub(requestID, hiding: secret) }
      return Refusal(
        status: status,
        code: scrubber.scrub(code, hiding: secret),
        message: scrubber.scrub(message, hiding: secret),
        requestID: id,
        paid: paid
      )
    }
  }
}

extension Key {
  /// A text of a provider's without the key.
  func hidden(in text: String) -> String {
    guard isSecret else { return text }
    return withSecret { Scrubber().scrub(text, hiding: $0) }
  }

  /// The same for what need not be text, of any length.
  func hidden(in bytes: [UInt8]) -> [UInt8] {
    guard isSecret else { return bytes }
    return withSecret { Scrubber.redact($0, in: bytes) }
  }
}
