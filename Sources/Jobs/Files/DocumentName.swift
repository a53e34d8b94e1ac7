/// The names of documents as text, since ids and JSON are text and names are bytes.
///
/// UTF-8 stands as it is. A byte that is none is written `\xE9`, and in a name that has such a byte,
/// or what looks like one, a backslash is written twice: so no two names are the same text.
package enum DocumentName {
  private static let backslash = UInt8(ascii: "\\")

  /// The last component of a path.
  package static func last(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The text of a name.
  package static func text(of name: [UInt8]) -> String {
    if let text = String(validating: name, as: UTF8.self), !looksEscaped(name) { return text }
    var text = ""
    var rest = name[...]
    while let byte = rest.first {
      if let (sign, count) = sign(at: rest) {
        text += byte == backslash ? "\\\\" : sign
        rest = rest.dropFirst(count)
      } else {
        text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// The name that a text stands for.
  package static func bytes(of text: String) -> [UInt8] {
    let text = Array(text.utf8)
    var name: [UInt8] = []
    var place = 0
    while place < text.count {
      let rest = text[place...]
      if rest.starts(with: [backslash, backslash]) {
        name.append(backslash)
        place += 2
      } else if rest.starts(with: [backslash, UInt8(ascii: "x")]), let byte = byte(after: rest) {
        name.append(byte)
        place += 4
      } else {
        name.append(text[place])
        place += 1
      }
    }
    return name
  }

  private static func looksEscaped(_ name: [UInt8]) -> Bool {
    zip(name, name.dropFirst()).contains { first, second in
      first == backslash && (second == backslash || second == UInt8(ascii: "x"))
    }
  }

  /// The character that the bytes begin with, and how many it has; nil where they are no UTF-8.
  private static func sign(at bytes: ArraySlice<UInt8>) -> (String, Int)? {
    for count in 1...4 where count <= bytes.count {
      if let sign = String(validating: bytes.prefix(count), as: UTF8.self) { return (sign, count) }
    }
    return nil
  }

  private static func byte(after escape: ArraySlice<UInt8>) -> UInt8? {
    let digits = escape.dropFirst(2).prefix(2)
    guard digits.count == 2 else { return nil }
    return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}
