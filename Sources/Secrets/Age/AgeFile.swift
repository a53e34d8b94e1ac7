/// Encryption and decryption in the age format, version 1 (https://c2sp.org/age).
package enum AgeFile {
  /// scrypt work for new passphrase files, as a power of two: about a second and 256 MiB.
  package static let workFactor = 18
  /// The most scrypt work accepted unless told otherwise: 1 GiB.
  package static let maxWorkFactor = 20

  /// Encrypts to one or more recipients, each of whom can open the file alone.
  ///
  /// - Throws: ``AgeError/malformed(_:)`` when a recipient is not a usable public key.
  package static func encrypt(
    _ plaintext: borrowing Secret,
    to recipients: [AgeRecipient],
    armored: Bool = false
  ) throws(AgeError) -> [UInt8] {
    precondition(!recipients.isEmpty, "an age file needs a recipient")
    let fileKey = Random.secret(FileKeyWrapping.fileKeySize)
    var stanzas: [AgeHeader.Stanza] = []
    for recipient in recipients {
      stanzas.append(try X25519Stanza.wrap(fileKey, for: recipient))
    }
    return seal(plaintext, stanzas, fileKey, armored: armored)
  }

  /// Encrypts with a passphrase.
  ///
  /// - Throws: ``AgeError/memory(factor:)`` when there is too little memory for the work.
  package static func encrypt(
    _ plaintext: borrowing Secret,
    passphrase: borrowing Secret,
    workFactor: Int = workFactor,
    armored: Bool = false
  ) throws(AgeError) -> [UInt8] {
    let fileKey = Random.secret(FileKeyWrapping.fileKeySize)
    let stanza = try ScryptStanza.wrap(fileKey, passphrase: passphrase, workFactor: workFactor)
    return seal(plaintext, [stanza], fileKey, armored: armored)
  }

  /// Encrypts such that each of the identities opens the file: private keys, or one passphrase.
  ///
  /// - Throws: ``AgeError``.
  package static func encrypt(
    _ plaintext: borrowing Secret,
    for identities: [AgeIdentity],
    armored: Bool = false
  ) throws(AgeError) -> [UInt8] {
    if let only = identities.first, only.kind == .passphrase {
      return try encrypt(plaintext, passphrase: only.secret, armored: armored)
    }
    let recipients = identities.compactMap(\.recipient)
    guard !recipients.isEmpty else { throw .unsupported("post-quantum and hardware age keys") }
    return try encrypt(plaintext, to: recipients, armored: armored)
  }

  /// Decrypts a binary or armored file with any of the identities: all of it, or an error.
  ///
  /// - Parameters:
  ///   - file: the whole file.
  ///   - identities: private keys and passphrases to try.
  ///   - maxWorkFactor: the most scrypt work to accept, as a power of two.
  /// - Returns: the whole plaintext.
  /// - Throws: ``AgeError``.
  package static func decrypt(
    _ file: [UInt8],
    with identities: [AgeIdentity],
    maxWorkFactor: Int = maxWorkFactor
  ) throws(AgeError) -> Secret {
    let binary = try binary(file)
    let header = try AgeHeader(parsing: binary)
    let fileKey = try unwrap(header, with: identities, maxWorkFactor: maxWorkFactor)
    guard header.isAuthentic(fileKey: fileKey) else { throw .headerChanged }
    return try AgePayload.open(binary.span.extracting(header.size...), fileKey: fileKey)
  }

  /// What a file says of itself before it is opened.
  package struct Details: Sendable {
    /// Whether a passphrase opens it, rather than a private key.
    package let needsPassphrase: Bool
    /// Whether it is in text armor.
    package let isArmored: Bool
    /// How many private keys of the X25519 kind it was encrypted to.
    package let recipients: Int

    /// Reads the header.
    ///
    /// - Throws: ``AgeError`` when it is not an age file.
    package init(of file: [UInt8]) throws(AgeError) {
      let stanzas = try AgeHeader(parsing: binary(file)).stanzas
      needsPassphrase = stanzas.contains { $0.type == ScryptStanza.type }
      isArmored = Armor.isArmored(file)
      recipients = stanzas.count { $0.type == X25519Stanza.type }
    }
  }

  private static func binary(_ file: [UInt8]) throws(AgeError) -> [UInt8] {
    Armor.isArmored(file) ? try Armor.decode(file) : file
  }

  private static func seal(
    _ plaintext: borrowing Secret,
    _ stanzas: [AgeHeader.Stanza],
    _ fileKey: borrowing Secret,
    armored: Bool
  ) -> [UInt8] {
    var file = AgeHeader(stanzas: stanzas, fileKey: fileKey).bytes
    plaintext.withBytes { plaintext in
      file.append(addingCapacity: AgePayload.sealedSize(of: plaintext.count)) { output in
        AgePayload.seal(plaintext, fileKey: fileKey, to: &output)
      }
    }
    return armored ? Armor.encode(file) : file
  }

  private static func unwrap(
    _ header: AgeHeader,
    with identities: [AgeIdentity],
    maxWorkFactor: Int
  ) throws(AgeError) -> Secret {
    let hasPassphrase = header.stanzas.contains { $0.type == ScryptStanza.type }
    guard !hasPassphrase || header.stanzas.count == 1 else {
      throw .header("a passphrase recipient must be the only one")
    }
    for stanza in header.stanzas {
      for identity in identities {
        let fileKey = try unwrap(stanza, with: identity, maxWorkFactor: maxWorkFactor)
        if let fileKey { return fileKey }
      }
    }
    throw mismatch(header, identities)
  }

  private static func unwrap(
    _ stanza: AgeHeader.Stanza,
    with identity: AgeIdentity,
    maxWorkFactor: Int
  ) throws(AgeError) -> Secret? {
    switch (stanza.type, identity.kind) {
    case (X25519Stanza.type, .x25519): try X25519Stanza.unwrap(stanza, with: identity.secret)
    case (ScryptStanza.type, .passphrase):
      try ScryptStanza.unwrap(
        stanza,
        passphrase: identity.secret,
        maxWorkFactor: maxWorkFactor
      )
    default: nil
    }
  }

  /// Recipients of these types are ones that this program cannot open; those of any other type
  /// mean nothing to it.
  private static let unsupportedTypes: Set<String> = [
    "mlkem768x25519", "mlkem768p256tag", "p256tag", "piv-p256",
  ]

  /// Says why no identity opens the file, in the most helpful way.
  private static func mismatch(_ header: AgeHeader, _ identities: [AgeIdentity]) -> AgeError {
    let tried = Set(identities.map(\.kind))
    let types = header.stanzas.map(\.type)
    if tried.contains(.unsupported) || types.allSatisfy(unsupportedTypes.contains) {
      return .unsupported("post-quantum and hardware age keys")
    }
    let wrongPassphrase = types[0] == ScryptStanza.type && tried.contains(.passphrase)
    return wrongPassphrase ? .wrongPassphrase : .noMatch
  }
}
