import Secrets
import Synchronization

/// The age file of a keystore: opened with an identity or a passphrase, and changed as a whole.
final class KeystoreFile: Sendable {
  /// What was in the file, and what it takes to write it again in the same way.
  private struct Opened: ~Copyable {
    let text: Secret
    let identities: [AgeIdentity]
    let details: AgeFile.Details
  }

  /// An age file is little larger than the document in it, a third more in armor.
  private static let largest = 2 * KeystoreDocument.largest

  private let location: KeystoreLocation
  /// The passphrase that has opened the file, so that it is asked for once.
  private let passphrase = Mutex<AgeIdentity?>(nil)

  init(_ location: KeystoreLocation) {
    self.location = location
  }

  /// The document's text.
  func read() throws(KeySourceError) -> Secret {
    let opened = try open()
    return opened.text
  }

  /// Replaces the document's text by what `body` makes of it, while no other process can.
  func change(
    _ body: (consuming Secret) throws(KeySourceError) -> Secret
  ) throws(KeySourceError) {
    let folder = try LockedFolder(of: location.path, creating: false)
    let opened = try open()
    let (identities, details) = (opened.identities, opened.details)
    guard details.needsPassphrase || details.recipients <= identities.count else {
      throw KeySourceError(
        .cannotWrite,
        "\(location.path) is encrypted to \(details.recipients) recipients, and the identity file "
          + "has \(identities.count); changing it would lock the others out. Put all their "
          + "identities into one file, or change it with the age program"
      )
    }
    let text = try body(opened.text)
    try write(text, for: identities, armored: details.isArmored, in: folder)
  }

  /// Writes a first document where there is no keystore yet.
  func create(
    _ text: consuming Secret,
    protection: Keystore.Protection,
    armored: Bool
  ) throws(KeySourceError) -> AgeRecipient? {
    try checkAbsence()
    let identities =
      switch protection {
      case .identity: try IdentityFile.readOrCreate(location.identityPath)
      case .passphrase: [AgeIdentity(passphrase: try newPassphrase())]
      }
    let folder = try LockedFolder(of: location.path, creating: true)
    try checkAbsence()
    try write(text, for: identities, armored: armored, in: folder)
    return identities[0].recipient
  }

  private func checkAbsence() throws(KeySourceError) {
    guard !SecretFile.exists(location.path) else {
      throw KeySourceError(
        .cannotWrite,
        "\(location.path) exists already and is not replaced; 'nightjar keys list' shows its keys"
      )
    }
  }

  private func open() throws(KeySourceError) -> Opened {
    try LockedFolder.check(parentOf: location.path)
    guard SecretFile.exists(location.path) else {
      throw KeySourceError(
        .denied,
        "there is no keystore at \(location.path); 'nightjar keys init' makes one, "
          + "--keystore names another"
      )
    }
    let file = try SecretFile.publicBytes(
      of: location.path,
      what: "the keystore",
      largest: Self.largest
    )
    let details = try explaining { () throws(AgeError) in try AgeFile.Details(of: file) }
    let identities =
      details.needsPassphrase
      ? [try knownPassphrase()] : try IdentityFile.read(location.identityPath)
    let text = try explaining { () throws(AgeError) in
      try AgeFile.decrypt(file, with: identities)
    }
    if details.needsPassphrase { passphrase.withLock { $0 = identities[0] } }
    return Opened(text: text, identities: identities, details: details)
  }

  private func write(
    _ text: borrowing Secret,
    for identities: [AgeIdentity],
    armored: Bool,
    in folder: borrowing LockedFolder
  ) throws(KeySourceError) {
    let file = try explaining { () throws(AgeError) in
      try AgeFile.encrypt(text, for: identities, armored: armored)
    }
    try folder.replace(location.path, with: file.span)
  }

  /// Adds to an error of the age format where it happened and what to do.
  private func explaining<Result: ~Copyable>(
    _ body: () throws(AgeError) -> Result
  ) throws(KeySourceError) -> Result {
    do throws(AgeError) {
      return try body()
    } catch {
      let advice =
        switch error {
        case .noMatch, .unsupported:
          "; give the identity it was made with by --identity (tried \(location.identityPath))"
        case .wrongPassphrase: "; try again"
        case .workFactor: "; encrypt it again with the age program and a lower work factor"
        case .armor, .header, .headerChanged, .payload: "; restore it from a backup"
        case .memory, .malformed: ""
        }
      throw KeySourceError(.denied, "cannot open \(location.path): \(error)\(advice)")
    }
  }
}

// MARK: - Passphrases

extension KeystoreFile {
  private func knownPassphrase() throws(KeySourceError) -> AgeIdentity {
    if let known = passphrase.withLock({ $0 }) { return known }
    return AgeIdentity(passphrase: try givenPassphrase("passphrase for \(location.path)"))
  }

  private func newPassphrase() throws(KeySourceError) -> Secret {
    let first = try givenPassphrase("new passphrase for \(location.path)")
    if location.passphraseDescriptor != nil { return first }
    let again = try givenPassphrase("same passphrase again")
    guard Fingerprint(of: first) == Fingerprint(of: again) else {
      throw KeySourceError(.denied, "the two passphrases differ; nothing was written")
    }
    return first
  }

  private func givenPassphrase(_ prompt: String) throws(KeySourceError) -> Secret {
    if let descriptor = location.passphraseDescriptor {
      return try HiddenInput.read(from: descriptor, "the passphrase")
    }
    return try HiddenInput.ask(prompt, otherwise: "give it with --passphrase-fd N")
  }
}
