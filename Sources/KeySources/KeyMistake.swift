/// What people store in place of a key by mistake, told from its first and last bytes.
enum KeyMistake {
  /// The value of a header, not the key in it.
  case scheme
  /// The quotes of a shell or of a file of settings around it.
  case quotes
  /// A line such as `OPENAI_API_KEY=…`.
  case assignment
  /// What stands for the key in examples, such as `<your key>` and `$OPENAI_API_KEY`.
  case placeholder
  /// A reference such as `keystore:anthropic`.
  case reference
  /// An age identity or a token of Vault, which open other keys.
  case storeKey

  /// Nil for what may be a key.
  init?(in bytes: Span<UInt8>) {
    guard let first = bytes.first, let last = bytes.last else { return nil }
    let pair = (Character(UnicodeScalar(first)), Character(UnicodeScalar(last)))
    switch pair {
    case _ where Self.begins(bytes, with: "bearer "): self = .scheme
    case ("\"", "\""), ("'", "'"), ("`", "`"): self = .quotes
    case ("<", ">"), ("$", "}"): self = .placeholder
    case ("$", _) where Self.isName(bytes.extracting(1..<bytes.count)): self = .placeholder
    case _ where Self.begins(bytes, with: "your_"), _ where Self.begins(bytes, with: "your-"):
      self = .placeholder
    case _ where Self.isAssignment(bytes): self = .assignment
    case _ where Self.schemes.contains(where: { Self.begins(bytes, with: $0) }): self = .reference
    case _ where bytes.count >= 24 && Self.storeKeys.contains { Self.begins(bytes, with: $0) }:
      self = .storeKey
    default: return nil
    }
  }

  /// How they begin (developer.hashicorp.com/vault/docs/concepts/tokens).
  private static let storeKeys = ["age-secret-key-1", "hvs.", "hvb.", "hvr."]

  private static let schemes = ["env:", "file:", "keystore:", "vault:", "aws-sm:", "exec:"]

  var words: String {
    switch self {
    case .scheme: "begins with 'Bearer'; leave that word out, the key alone is wanted"
    case .quotes: "holds quotes around the key; store the key without them"
    case .assignment: "holds a name and '=' before the key; store what stands behind it alone"
    case .placeholder:
      "holds what stands for a key in examples; put the key itself there (a server that wants none: "
        + "--key none)"
    case .storeKey:
      "holds an age identity or a token of Vault, which open other keys and are never sent to a "
        + "provider; name the key itself"
    case .reference: "holds a reference to a key and no key; give the reference itself to --key"
    }
  }

  /// - Parameter start: in small letters.
  private static func begins(_ bytes: Span<UInt8>, with start: String) -> Bool {
    let start = Array(start.utf8)
    let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
    return bytes.count > start.count
      && start.indices.allSatisfy {
        (capitals.contains(bytes[$0]) ? bytes[$0] | 0x20 : bytes[$0]) == start[$0]
      }
  }

  /// A name of capitals in at least two words, and '=' behind it; keys have no underscore between
  /// capitals, nor '=' but at their end.
  private static func isAssignment(_ bytes: Span<UInt8>) -> Bool {
    guard let sign = bytes.indices.first(where: { bytes[$0] == UInt8(ascii: "=") }) else {
      return false
    }
    return sign + 1 < bytes.count && isName(bytes.extracting(0..<sign))
  }

  /// A name of a variable: capitals in at least two words.
  private static func isName(_ bytes: Span<UInt8>) -> Bool {
    let underscore = UInt8(ascii: "_")
    let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return bytes.indices.contains { bytes[$0] == underscore }
      && bytes.indices.allSatisfy { index in
        [capitals, digits, underscore...underscore].contains { $0.contains(bytes[index]) }
      }
  }
}

extension Span<UInt8> {
  fileprivate var first: UInt8? { isEmpty ? nil : self[0] }
  fileprivate var last: UInt8? { isEmpty ? nil : self[count - 1] }
}
