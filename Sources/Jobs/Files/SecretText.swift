/// Tells by its bytes what must never leave as a document.
package enum SecretText {
  /// Bytes that are looked at: as many as an identity file has at most.
  static let head = 64 << 10

  /// What a file is that is no document; nil for any other.
  package static func kind(of bytes: [UInt8]) -> String? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let whole = bytes.prefix(head).dropFirst(bytes.starts(with: mark) ? mark.count : 0)
    // Readers of these files do not mind white space before what they look for.
    let text = whole.drop { $0 <= 0x20 && $0 > 0 }
    for (start, what) in starts where text.starts(with: start.utf8) { return what }
    let lines = lines(of: whole)
    if lines.contains(where: { $0.starts(with: "AGE-SECRET-KEY-1".utf8) }) {
      return "an age identity, a secret key"
    }
    let isKey = lines.first.map(beginsPrivateKey) ?? false
    if isKey || zip(lines, lines.dropFirst()).contains(where: isPrivateKey) {
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
    ("PuTTY-User-Key-File-", "a private key"),
    (database, "a database, such as a batch"),
  ]

  /// A line of an audit log begins with its number and ends with the hash of what stands before.
  private static func isAuditLog(_ bytes: [UInt8]) -> Bool {
    guard bytes.starts(with: "{\"seq\":".utf8) else { return false }
    let line = bytes.prefix(head).prefix { $0 != UInt8(ascii: "\n") }
    let end = "\",\"hash\":\"" + String(repeating: "0", count: 64) + "\"}"
    return line.suffix(end.utf8.count).starts(with: "\",\"hash\":\"".utf8)
  }

  /// Whether two lines begin a key, wherever in a file.
  ///
  /// Certificates stand before it, and what programs say of it. A text that only mentions such a line goes on with something else than base64.
  private static func isPrivateKey(_ line: ArraySlice<UInt8>, _ next: ArraySlice<UInt8>) -> Bool {
    guard beginsPrivateKey(line) else { return false }
    let isBase64 = next.allSatisfy { byte in
      [65...90, 97...122, 48...57, 43...43, 47...47, 61...61].contains { $0.contains(byte) }
    }
    let headers = ["Proc-Type:", "Version:", "Comment:"]
    return isBase64 || headers.contains { next.starts(with: $0.utf8) }
  }

  /// The first line of a key (RFC 7468; of PGP: RFC 4880, section 6.2).
  private static func beginsPrivateKey(_ line: ArraySlice<UInt8>) -> Bool {
    let text = String(decoding: line.prefix(80), as: UTF8.self)
    return text.hasPrefix("-----BEGIN ") && text.contains("PRIVATE KEY")
  }

  /// The lines that are not empty, without the white space before them.
  private static func lines(of bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
      .map { $0.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }
  }
}
