/// A short name for a secret value that may be shown, logged and stored.
///
/// It is the start of HMAC-SHA-256 of the value under a label of our own, not of the value's plain
/// SHA-256: leaked-key scanners, breach lists and other tools publish plain hashes, and a shared
/// prefix would tell a reader of our logs which entry of such a list is the key. Under the label a
/// fingerprint matches nothing outside this program. It proves nothing: 32 bits tell two keys of
/// one user apart, no more.
package struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
  private static let label = Array("nightjar.key-fingerprint.v1".utf8)

  /// The first 16 hexadecimal digits: wide enough to say that a value changed.
  package let version: String

  /// The first 8 hexadecimal digits: what people compare.
  package var description: String { String(version.prefix(8)) }

  /// The fingerprint of a secret value.
  package init(of value: borrowing Secret) {
    let code = value.withBytes { HMAC.sha256($0, key: Self.label.span) }
    version = Hex.encode(code.prefix(8))
  }
}
