extension StringProtocol {
  /// This text as it is safe to show to a person: whatever would steer a terminal, end a line or
  /// turn the order of what is read around stands there as its JSON escape.
  ///
  /// Text from outside (a provider's words, ids, names of files) goes through this wherever a person
  /// reads it, and nowhere else: files keep the bytes. JSON stays the same JSON. Sources: ECMA-48
  /// (control functions), Unicode Technical Report 36, section 2.10 (bidirectional controls).
  package var shown: String {
    guard unicodeScalars.contains(where: \.isUnseen) else { return String(self) }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isUnseen {
        text += scalar.escape
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The same of text in several lines of our own; line feeds stay.
  package var shownLines: String {
    split(separator: "\n", omittingEmptySubsequences: false).map(\.shown).joined(separator: "\n")
  }
}

extension Unicode.Scalar {
  /// Controls of C0 and C1, DEL, ends of lines and paragraphs, controls of direction.
  fileprivate var isUnseen: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  fileprivate var escape: String {
    switch self {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default:
      let digits = String(value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
}
