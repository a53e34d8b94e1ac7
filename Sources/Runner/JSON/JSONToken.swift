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
  let hasEscapes: Bool
}

/// Where and why a text is not JSON (RFC 8259).
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The offset of the byte that cannot stand where it stands; the text's length if it just ends.
  package let offset: Int
  /// The reason in plain words, without the text.
  package let message: String

  /// `not JSON: a string is not closed at column 12`; columns count bytes from 1.
  package var description: String { "not JSON: \(message) at column \(offset + 1)" }
}
