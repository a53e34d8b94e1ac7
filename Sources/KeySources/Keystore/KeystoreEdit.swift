import JSON
import Secrets

/// A change to the text of a keystore document: other bytes in place of a range.
struct KeystoreEdit {
  /// What to put there.
  enum Piece {
    case text(String)
    /// The value that the change brings, as a JSON string.
    case newValue
    /// What stands somewhere else in the text.
    case copy(Range<Int>)
  }

  let range: Range<Int>
  let pieces: [Piece]

  init(_ range: Range<Int>, _ pieces: Piece...) {
    self.range = range
    self.pieces = pieces
  }

  /// Gives a member of an object another value, or adds it at the start of the object.
  init(setting name: String, of object: JSONObject, to pieces: [Piece]) {
    if let value = object[name] {
      range = value.range
      self.pieces = pieces
    } else {
      let start = object.range.lowerBound + 1
      range = start..<start
      self.pieces = [.text("\(jsonQuoted(name)):")] + pieces + [.text(",")]
    }
  }

  /// The text with all edits made, none of which may overlap.
  static func apply(
    _ edits: [KeystoreEdit],
    newValue: borrowing Secret,
    to text: borrowing Secret
  ) -> Secret {
    text.withBytes { text in
      newValue.withBytes { newValue in
        let pieces = edits.flatMap(\.pieces)
        let size = pieces.reduce(text.count) { $0 + room(for: $1, newValue.count) }
        return Secret(capacity: size) { output in
          var next = 0
          for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            append(text.extracting(next..<edit.range.lowerBound), to: &output)
            for piece in edit.pieces { write(piece, newValue, text, to: &output) }
            next = edit.range.upperBound
          }
          append(text.extracting(next...), to: &output)
        }
      }
    }
  }

  private static func room(for piece: Piece, _ newValue: Int) -> Int {
    switch piece {
    case .text(let text): text.utf8.count
    // Every byte of a value may need a backslash.
    case .newValue: 2 + 2 * newValue
    case .copy(let range): range.count
    }
  }

  private static func write(
    _ piece: Piece,
    _ newValue: Span<UInt8>,
    _ text: Span<UInt8>,
    to output: inout OutputSpan<UInt8>
  ) {
    switch piece {
    case .text(let string): for byte in string.utf8 { output.append(byte) }
    case .copy(let range): append(text.extracting(range), to: &output)
    case .newValue:
      output.append(UInt8(ascii: "\""))
      for index in newValue.indices {
        if [UInt8(ascii: "\""), UInt8(ascii: "\\")].contains(newValue[index]) {
          output.append(UInt8(ascii: "\\"))
        }
        output.append(newValue[index])
      }
      output.append(UInt8(ascii: "\""))
    }
  }

  private static func append(_ bytes: Span<UInt8>, to output: inout OutputSpan<UInt8>) {
    for index in bytes.indices { output.append(bytes[index]) }
  }
}
