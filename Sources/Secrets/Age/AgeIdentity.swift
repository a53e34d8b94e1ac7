/// What opens an age file: an X25519 private key, or a passphrase.
package final class AgeIdentity: Sendable {
  private static let prefix = "age-secret-key-"

  enum Kind {
    case x25519
    case passphrase
    /// A private key of a kind that this program cannot use. Kept, so that a file that only it
    /// opens is reported as unsupported rather than as meant for someone else.
    case unsupported
  }

  let kind: Kind
  let secret: Secret

  private init(_ kind: Kind, _ secret: consuming Secret) {
    self.kind = kind
    self.secret = secret
  }

  /// A passphrase, for files encrypted with one.
  package convenience init(passphrase: consuming Secret) {
    self.init(.passphrase, passphrase)
  }

  /// A new X25519 private key.
  package static func generate() -> AgeIdentity {
    AgeIdentity(.x25519, Random.secret(X25519.size))
  }

  /// Whom to encrypt to, so that this identity opens it; nil for passphrases.
  package var recipient: AgeRecipient? {
    kind == .x25519 ? AgeRecipient(publicKey: X25519.publicKey(of: secret)) : nil
  }

  /// The private key as an identity file has it: `AGE-SECRET-KEY-1…`; nil for passphrases.
  package var text: Secret? {
    guard kind == .x25519 else { return nil }
    let lower = secret.withBytes { Bech32.encode(prefix: Self.prefix, payload: $0) }
    return lower.withBytes { lower in
      Secret(capacity: lower.count) { output in
        for index in lower.indices {
          output.append((0x61...0x7A).contains(lower[index]) ? lower[index] & ~0x20 : lower[index])
        }
      }
    }
  }

  /// Reads an identity file: one private key on each line, and comments that start with `#`.
  ///
  /// - Throws: ``AgeError/malformed(_:)`` when a line is neither, or when there is no key.
  package static func parse(_ file: borrowing Secret) throws(AgeError) -> [AgeIdentity] {
    try file.withBytes { bytes throws(AgeError) in
      var identities: [AgeIdentity] = []
      var number = 0
      var start = 0
      while start < bytes.count {
        let end = (start..<bytes.count).first { bytes[$0] == 0x0A } ?? bytes.count
        number += 1
        var line = bytes.extracting(start..<end)
        line = line.extracting(trimmed(line))
        if !line.isEmpty, line[0] != UInt8(ascii: "#") {
          identities.append(try parse(line: line, number: number))
        }
        start = end + 1
      }
      guard !identities.isEmpty else { throw .malformed("the identity file has no private key") }
      return identities
    }
  }

  private static func parse(line: Span<UInt8>, number: Int) throws(AgeError) -> AgeIdentity {
    guard let decoded = Bech32.decode(line), decoded.prefix.hasPrefix(prefix) else {
      throw .malformed("line \(number) of the identity file is not an age private key")
    }
    if decoded.prefix != prefix { return AgeIdentity(.unsupported, decoded.payload) }
    guard decoded.payload.count == X25519.size else {
      throw .malformed("the private key on line \(number) of the identity file is damaged")
    }
    return AgeIdentity(.x25519, decoded.payload)
  }

  /// The part of a line without white space around it.
  private static func trimmed(_ line: Span<UInt8>) -> Range<Int> {
    let blanks: Set<UInt8> = [0x09, 0x0D, 0x20]
    let first = line.indices.first { !blanks.contains(line[$0]) } ?? line.count
    let last = line.indices.last { !blanks.contains(line[$0]) } ?? first - 1
    return first..<(last + 1)
  }
}
