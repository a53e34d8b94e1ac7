import Secrets

/// The age identity that opens a keystore: private keys in a file that only this user may read, or
/// from a descriptor.
enum IdentityFile {
  private static let largest = 64 << 10

  /// The private keys.
  static func read(_ place: KeystoreLocation.Identity) throws(KeySourceError) -> [AgeIdentity] {
    let text = try text(of: place)
    do throws(AgeError) {
      return try AgeIdentity.parse(text)
    } catch {
      throw KeySourceError(.denied, "cannot use the age identity from \(place): \(error)")
    }
  }

  private static func text(of place: KeystoreLocation.Identity) throws(KeySourceError) -> Secret {
    let what = "the age identity"
    switch place {
    case .descriptor(let number):
      let path = "from file descriptor \(number)"
      return try SecretFile.read(number, path: path, what: what, largest: largest)
    case .credential(let path):
      return try SecretFile.read(
        path,
        what: what,
        largest: largest,
        followingLinks: false,
        readers: .asMountedOrGroup
      )
    case .file(let path):
      try LockedFolder.check(parentOf: path)
      guard SecretFile.exists(path) else {
        throw KeySourceError(
          .denied,
          "there is no age identity at \(path) to open the keystore with; "
            + "name it with --identity, or pass it with --identity-fd"
        )
      }
      return try SecretFile.read(path, what: what, largest: largest, followingLinks: false)
    }
  }

  /// The private keys, in a file that is made with a new one where it does not exist.
  static func readOrCreate(
    _ place: KeystoreLocation.Identity
  ) throws(KeySourceError) -> [AgeIdentity] {
    guard case .file(let path) = place, !SecretFile.exists(path) else { return try read(place) }
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
