/// Whom an age file is encrypted to: an X25519 public key, as `age-keygen` prints it.
package struct AgeRecipient: Hashable, Sendable, CustomStringConvertible {
  private static let prefix = "age"

  let publicKey: [UInt8]

  init(publicKey: [UInt8]) {
    self.publicKey = publicKey
  }

  /// Reads `age1…`.
  ///
  /// - Throws: ``AgeError/malformed(_:)``, or ``AgeError/unsupported(_:)`` for post-quantum and
  ///   hardware recipients.
  package init(_ text: String) throws(AgeError) {
    let letters = Array(text.utf8)
    guard let decoded = Bech32.decode(letters.span) else {
      throw .malformed("this is not an age recipient, which starts with 'age1'; was it cut off?")
    }
    if decoded.prefix.hasPrefix("age1") {
      throw .unsupported("post-quantum and hardware recipients ('\(decoded.prefix)')")
    }
    guard decoded.prefix == Self.prefix, decoded.payload.count == X25519.size else {
      throw .malformed("this is not an age recipient, which starts with 'age1'")
    }
    publicKey = decoded.payload.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }

  /// The recipient as `age1…`.
  package var description: String {
    Bech32.encode(prefix: Self.prefix, payload: publicKey.span).withBytes { text in
      String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
    }
  }
}
