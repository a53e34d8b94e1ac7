import Secrets
import Synchronization

/// The passphrase of a keystore: asked for once, and kept once it has opened the file.
final class KeystorePassphrase: Sendable {
  private let location: KeystoreLocation
  private let known = Mutex<AgeIdentity?>(nil)

  init(_ location: KeystoreLocation) {
    self.location = location
  }

  /// The one that has opened the keystore before, or else what is given now.
  func identity() throws(KeySourceError) -> AgeIdentity {
    if let known = known.withLock({ $0 }) { return known }
    return AgeIdentity(passphrase: try given("passphrase for \(location.path)"))
  }

  /// Keeps a passphrase that has opened the keystore.
  func remember(_ identity: AgeIdentity) {
    known.withLock { $0 = identity }
  }

  /// The fewest characters of a new one.
  private static let shortest = 10

  /// A new one, which people type twice.
  func new() throws(KeySourceError) -> AgeIdentity {
    let first = try given("new passphrase for \(location.path)")
    guard first.withBytes({ $0.characterCount >= Self.shortest }) else {
      throw KeySourceError(
        .usage,
        "the passphrase is shorter than \(Self.shortest) characters, and whoever has the file can "
          + "guess as often as they like; take a longer one, such as a few words"
      )
    }
    if location.passphraseDescriptor == nil {
      let again = try given("same passphrase again")
      guard Fingerprint(of: first) == Fingerprint(of: again) else {
        throw KeySourceError(
          .denied,
          "the two passphrases differ, and nothing was written; give the command again"
        )
      }
    }
    return AgeIdentity(passphrase: first)
  }

  private func given(_ prompt: String) throws(KeySourceError) -> Secret {
    if let descriptor = location.passphraseDescriptor {
      return try HiddenInput.read(from: descriptor, "the passphrase")
    }
    return try HiddenInput.ask(prompt, otherwise: "give it with --passphrase-fd N")
  }
}

extension Span<UInt8> {
  /// How many characters of UTF-8 begin here.
  fileprivate var characterCount: Int {
    indices.count { self[$0] & 0xC0 != 0x80 }
  }
}
