/// Tells by its bytes what must never leave as a document.
package enum SecretText {
  /// Bytes that are looked at: as many as an identity file has at most.
  static let head = 64 << 10

  /// What a file is that is no document; nil for any other.
  package static func kind(of bytes: [UInt8]) -> String? {
    // Readers of these files do not mind white space before what they look for.
    let text = bytes.prefix(head).drop { $0 <= 0x20 && $0 > 0 }
    for (start, what) in starts where text.starts(with: start.utf8) { return what }
    if lines(of: bytes, beginWith: "AGE-SECRET-KEY-1") { return "an age identity, a secret key" }
    return isAuditLog(bytes) ? "the audit log of a keystore or a batch" : nil
  }

  /// True for what begins as a batch does.
  static func isDatabase(_ bytes: [UInt8]) -> Bool { bytes.starts(with: database.utf8) }

  private static let database = "SQLite format 3\0"

  private static let starts = [
    ("age-encryption.org/", "a keystore, or something else that age has encrypted"),
    ("-----BEGIN AGE ENCRYPTED FILE-----", "a keystore, or something else that age has encrypted"),
    ("-----BEGIN PRIVATE KEY-----", "a private key"),
    ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "a private key"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
    ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
    ("-----BEGIN EC PRIVATE KEY-----", "a private key"),
    (database, "a database, such as a batch"),
  ]

  /// A line of an audit log begins with its number and ends with the hash of what stands before.
  private static func isAuditLog(_ bytes: [UInt8]) -> Bool {
    guard bytes.starts(with: "{\"seq\":".utf8) else { return false }
    let line = bytes.prefix(head).prefix { $0 != UInt8(ascii: "\n") }
    let end = "\",\"hash\":\"" + String(repeating: "0", count: 64) + "\"}"
    return line.suffix(end.utf8.count).starts(with: "\",\"hash\":\"".utf8)
  }

  /// Only the first part is looked at, in which an identity file has its key.
  private static func lines(of bytes: [UInt8], beginWith text: String) -> Bool {
    bytes.prefix(head).split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
      .contains {
        $0.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.starts(with: text.utf8)
      }
  }
}
