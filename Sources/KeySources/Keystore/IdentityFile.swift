import Secrets

/// The age identity file that opens a keystore: a private key that only this user may read.
enum IdentityFile {
  private static let largest = 64 << 10

  /// The private keys in a file.
  static func read(_ path: String) throws(KeySourceError) -> [AgeIdentity] {
    try LockedFolder.check(parentOf: path)
    guard SecretFile.exists(path) else {
      throw KeySourceError(
        .denied,
        "there is no age identity at \(path) to open the keystore with; name it with --identity"
      )
    }
    let text = try SecretFile.read(
      path,
      what: "the age identity",
      largest: largest,
      followingLinks: false
    )
    do throws(AgeError) {
      return try AgeIdentity.parse(text)
    } catch {
      throw KeySourceError(.denied, "cannot use \(path): \(error)")
    }
  }

  /// The private keys in a file, which is made with a new one where it does not exist.
  static func readOrCreate(_ path: String) throws(KeySourceError) -> [AgeIdentity] {
    if SecretFile.exists(path) { return try read(path) }
    let identity = AgeIdentity.generate()
    let folder = try LockedFolder(of: path, creating: true)
    try contents(of: identity).withBytes { text throws(KeySourceError) in
      try folder.replace(path, with: text)
    }
    return [identity]
  }

  /// What `age-keygen` writes, so that the age program reads it too.
  private static func contents(of identity: AgeIdentity) -> Secret {
    guard let recipient = identity.recipient, let key = identity.text else {
      preconditionFailure("only a private key can be written to an identity file")
    }
    let comment = "# opens a nightjar keystore; keep it secret\n# public key: \(recipient)\n"
    return key.withBytes { key in
      Secret(capacity: comment.utf8.count + key.count + 1) { output in
        for byte in comment.utf8 { output.append(byte) }
        for index in key.indices { output.append(key[index]) }
        output.append(UInt8(ascii: "\n"))
      }
    }
  }
}
