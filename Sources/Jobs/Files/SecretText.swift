/// Tells by its bytes what must never leave as a document.
package enum SecretText {
  /// Bytes that are looked at.
  static let head = 16 << 10

  /// What a file is that is no document; nil for any other.
  package static func kind(of bytes: [UInt8]) -> String? {
    for (start, what) in starts where bytes.starts(with: start.utf8) { return what }
    return lines(of: bytes, beginWith: "AGE-SECRET-KEY-1") ? "an age identity, a secret key" : nil
  }

  private static let starts = [
    ("age-encryption.org/", "a keystore, or something else that age has encrypted"),
    ("-----BEGIN AGE ENCRYPTED FILE-----", "a keystore, or something else that age has encrypted"),
    ("-----BEGIN PRIVATE KEY-----", "a private key"),
    ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "a private key"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
    ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
    ("-----BEGIN EC PRIVATE KEY-----", "a private key"),
    ("SQLite format 3\0", "a database, such as a batch"),
  ]

  /// Only the first part is looked at, in which an identity file has its key.
  private static func lines(of bytes: [UInt8], beginWith text: String) -> Bool {
    bytes.prefix(head).split(separator: UInt8(ascii: "\n"))
      .contains { $0.starts(with: text.utf8) }
  }
}
