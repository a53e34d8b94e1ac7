/// A JSON value inside a text: what it is and which bytes it takes.
package struct JSONToken: Sendable, Hashable {
  /// The kinds of JSON value.
  package enum Kind: Sendable {
    case object
    case array
    case string
    case number
    case `true`
    case `false`
    case null
  }

  package let kind: Kind
  /// Offsets from the text's first byte, brackets and quotes included.
  package let range: Range<Int>
  /// Whether the bytes of a string differ from its value.
  package let hasEscapes: Bool
}

/// Where and why a text is not JSON (RFC 8259).
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The offset of the byte that cannot stand where it stands; the text's length if it just ends.
  package let offset: Int
  /// The reason in plain words, without the text.
  package let message: String

  /// False for a text that is JSON and yet not the JSON that it should be.
  package let isSyntax: Bool

  package init(offset: Int, message: String) {
    self.offset = offset
    self.message = message
    isSyntax = true
  }

  /// A text that is JSON and yet not the JSON that it should be.
  package init(misfitAt offset: Int, _ message: String) {
    self.offset = offset
    self.message = message
    isSyntax = false
  }

  /// `not JSON: a string is not closed at column 12`; columns count bytes from 1.
  package var description: String {
    (isSyntax ? "not JSON: " : "") + "\(message) at column \(offset + 1)"
  }
}
