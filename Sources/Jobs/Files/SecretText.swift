/// Tells by its bytes what must never leave as a document.
package enum SecretText {
  /// Bytes of a file that are enough to know a batch, a keystore or an audit log.
  static let head = 64 << 10

  /// What a file is that is no document; nil for any other.
  package static func kind(of bytes: [UInt8]) -> String? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let whole = bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0)
    // Readers of these files do not mind white space before what they look for.
    let text = whole.prefix(head).drop { $0 <= 0x20 && $0 > 0 }
    for (start, what) in starts where text.starts(with: start.utf8) { return what }
    if places(of: "AGE-SECRET-KEY-1", in: whole).contains(where: { isIdentity(whole, at: $0) }) {
      return "an age identity, a secret key"
    }
    let beginning = "-----BEGIN "
    // One that has nothing but the label yet.
    if text.starts(with: beginning.utf8), let end = endOfLabel(text[...]),
      afterBreak(text[end...]).isEmpty
    {
      return "a private key"
    }
    if places(of: beginning, in: whole).contains(where: { isPrivateKey(whole, at: $0) }) {
      return "a private key"
    }
    return isAuditLog(bytes) ? "the audit log of a keystore or a batch" : nil
  }

  /// True for what begins as a batch does.
  static func isDatabase(_ bytes: [UInt8]) -> Bool { bytes.starts(with: database.utf8) }

  private static let database = "SQLite format 3\0"

  private static let starts = [
    ("age-encryption.org/", "a keystore, or something else that age has encrypted"),
    ("-----BEGIN AGE ENCRYPTED FILE-----", "a keystore, or something else that age has encrypted"),
    ("PuTTY-User-Key-File-2: ssh-", "a private key"),
    ("PuTTY-User-Key-File-2: ecdsa-", "a private key"),
    ("PuTTY-User-Key-File-3: ssh-", "a private key"),
    ("PuTTY-User-Key-File-3: ecdsa-", "a private key"),
    (database, "a database, such as a batch"),
  ]

  /// A line of an audit log begins with its number and ends with the hash of what stands before.
  private static func isAuditLog(_ bytes: [UInt8]) -> Bool {
    guard bytes.starts(with: "{\"seq\":".utf8) else { return false }
    let line = bytes.prefix(head).prefix { $0 != UInt8(ascii: "\n") }
    let end = "\",\"hash\":\"" + String(repeating: "0", count: 64) + "\"}"
    return line.suffix(end.utf8.count).starts(with: "\",\"hash\":\"".utf8)
  }

  /// Whether an identity stands at a place: at the start of a line, or whole within one.
  private static func isIdentity(_ bytes: ArraySlice<UInt8>, at place: Int) -> Bool {
    let run = bytes[(place + "AGE-SECRET-KEY-1".utf8.count)...].prefix { byte in
      (65...90).contains(byte) || (48...57).contains(byte)
    }
    return run.count >= 58 || startsLine(bytes, place)
  }

  /// Whether a key begins at a place (RFC 7468; of PGP: RFC 4880, section 6.2), as it is or as a string
  /// of some language.
  ///
  /// A text that only mentions such a line goes on with something else than base64.
  private static func isPrivateKey(_ bytes: ArraySlice<UInt8>, at place: Int) -> Bool {
    guard let end = endOfLabel(bytes[place...]) else { return false }
    let content = afterBreak(bytes[end...])
    let headers = ["Proc-Type:", "Version:", "Comment:"]
    if headers.contains(where: { content.starts(with: $0.utf8) }) { return true }
    let run = content.prefix(shortestKey).prefix(while: isBase64)
    let isLine = content.dropFirst(run.count).first.map { $0 == 0x0A || $0 == 0x0D } ?? true
    return run.count == shortestKey || !run.isEmpty && isLine && startsLine(bytes, place)
  }

  /// So much base64 in a row is more than a text has that speaks of keys.
  private static let shortestKey = 32

  /// Where the label of a private key ends that begins `text`; nil where it begins with something else.
  private static func endOfLabel(_ text: ArraySlice<UInt8>) -> Int? {
    let line = text.prefix(80)
    guard let label = line.firstPlace(of: "PRIVATE KEY") else { return nil }
    let rest = line[(label + "PRIVATE KEY".utf8.count)...]
    let end = ["-----", " BLOCK-----"].first { rest.starts(with: $0.utf8) }
    return end.map { rest.startIndex + $0.utf8.count }
  }

  /// What comes after line breaks, which strings write as `\n`, and what stands around them.
  private static func afterBreak(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = text
    while let byte = rest.first {
      if byte == UInt8(ascii: "\\") {
        rest = rest.drop { $0 == byte }
        rest = rest.dropFirst(rest.first.map { "nr".utf8.contains($0) } == true ? 1 : 0)
      } else if byte <= 0x20 || "\"'`,>|".utf8.contains(byte) {
        rest = rest.dropFirst()
      } else {
        break
      }
    }
    return rest
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    [65...90, 97...122, 48...57, 43...43, 47...47, 61...61].contains { $0.contains(byte) }
  }

  /// Whether nothing but blanks stands before a place in its line.
  private static func startsLine(_ bytes: ArraySlice<UInt8>, _ place: Int) -> Bool {
    let before = bytes[..<place].last { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return before.map { $0 == 0x0A || $0 == 0x0D } ?? true
  }

  /// Where a text stands in a file, one place after the other.
  private static func places(
    of text: String,
    in bytes: ArraySlice<UInt8>
  ) -> some Sequence<Int> {
    sequence(state: bytes) { rest in
      guard let place = rest.firstPlace(of: text) else { return nil }
      rest = rest[(place + 1)...]
      return place
    }
  }
}
