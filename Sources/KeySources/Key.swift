package import Secrets

/// One value of an API key, as fetched once from its source.
///
/// It never changes; a rotated key is a new `Key`.
package final class Key: Sendable {
  /// The longest value accepted, in bytes.
  package static let largest = 64 << 10

  /// Where it came from.
  package let reference: KeyReference
  /// Changes if and only if the value does; safe to show and store.
  package let version: String
  /// A short name of the value for people; safe to show and store.
  package let fingerprint: String
  /// The store's own name of this version, such as `7` at Vault; nil where it has none.
  package let label: String?
  /// When the store will take it back, in milliseconds since 1970; nil for never, or not known.
  package let expires: Int64?

  /// Whether the value is secret, and no word that stands where a server wants one, such as `ollama`,
  /// `EMPTY`, `123456` and `sk-no-key-required`: those turn up in any text, which must stay as it is.
  package let isSecret: Bool

  private let secret: Secret

  /// Takes a value, without any line break at its end.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` when it is empty, longer than ``largest``, or
  ///   holds anything but printable ASCII: a line break in a header would let it add headers.
  package init(
    _ reference: KeyReference,
    value: consuming Secret,
    label: String? = nil,
    expires: Int64? = nil
  ) throws(KeySourceError) {
    let length = value.withBytes { $0.lengthWithoutLineBreak }
    value.truncate(to: length)
    guard (1...Self.largest).contains(length) else {
      throw KeySourceError(
        .denied,
        length == 0
          ? "\(reference) is empty; put the key there and run again"
          : "\(reference) holds \(length) bytes, more than any API key has; check that it names "
            + "the key and not another file"
      )
    }
    if let mistake = value.withBytes({ KeyMistake(in: $0) }) {
      throw KeySourceError(.denied, "\(reference) \(mistake.words)")
    }
    guard value.withBytes({ Self.isPrintable($0) }) else {
      throw KeySourceError(
        .denied,
        "\(reference) holds a space, a line break or a byte that is not ASCII inside the value; "
          + "store the key alone on one line"
      )
    }
    let fingerprint = Fingerprint(of: value)
    self.reference = reference
    self.version = fingerprint.version
    self.fingerprint = fingerprint.description
    self.label = label
    self.expires = expires
    isSecret = value.withBytes { Self.isSecret($0) }
    self.secret = value
  }

  /// Of many characters, and either long or of letters of which some are digits or of another case:
  /// what is drawn at random may lack digits, as one in some thousand keys of 48 characters does.
  private static func isSecret(_ bytes: Span<UInt8>) -> Bool {
    var seen: Set<UInt8> = []
    for index in bytes.indices { seen.insert(bytes[index]) }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
    let small = UInt8(ascii: "a")...UInt8(ascii: "z")
    let kinds = [digits, capitals, small].count { seen.contains(where: $0.contains) }
    return bytes.count >= shortestSecret && seen.count >= leastCharacters
      && (kinds > 1 || bytes.count >= longestWord)
  }

  private static let (shortestSecret, leastCharacters, longestWord) = (16, 8, 32)

  /// Lends the value for the duration of `body`.
  package func withSecret<Result: ~Copyable, E: Error>(
    _ body: (borrowing Secret) throws(E) -> Result
  ) throws(E) -> Result {
    try body(secret)
  }

  private init() {
    reference = .absent
    version = "none"
    fingerprint = "none"
    label = nil
    expires = nil
    isSecret = false
    secret = Secret(copying: [UInt8]().span)
  }

  /// No key, and no credential in the requests that are sent with it.
  package static let absent = Key()

  package var isAbsent: Bool { reference == .absent }

  private static func isPrintable(_ bytes: Span<UInt8>) -> Bool {
    bytes.indices.allSatisfy { (0x21...0x7E).contains(bytes[$0]) }
  }
}

extension Key: CustomStringConvertible {
  /// Reference and fingerprint.
  package var description: String {
    isAbsent ? reference.description : "\(reference) (\(fingerprint))"
  }
}
