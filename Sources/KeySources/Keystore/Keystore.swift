package import Secrets

/// The encrypted keystore: an age file with a JSON document of keys inside.
///
/// Opens with an age identity file, or with a passphrase that is asked for once and then kept for
/// as long as this object lives. The file is read again for every question, so changes by other
/// processes are seen. All calls may come from any thread; they block while they read, and a
/// passphrase takes about a second of work each time.
///
/// The age format proves that a file was not damaged, not who wrote it: anybody who knows the
/// public key could put another keystore in its place. Therefore the file and its folder must be
/// out of reach for other users, and every fingerprint is shown.
package final class Keystore: Sendable {
  /// How a new keystore is protected.
  package enum Protection: Sendable {
    /// By an identity file, made where there is none.
    case identity
    /// By a passphrase.
    case passphrase
  }

  /// Where it is kept.
  package let location: KeystoreLocation

  private let file: KeystoreFile

  /// A keystore at a location, of which nothing is read yet.
  package init(at location: KeystoreLocation) {
    self.location = location
    file = KeystoreFile(location)
  }

  /// Makes an empty keystore, and an identity file when it needs one that is not there.
  ///
  /// - Returns: the public key that the keystore is encrypted to; nil with a passphrase.
  /// - Throws: ``KeySourceError`` when there is a keystore already, or it cannot be written.
  package func create(
    protection: Protection,
    armored: Bool = false
  ) throws(KeySourceError) -> AgeRecipient? {
    try file.create(
      KeystoreDocument.empty(),
      protection: protection,
      armored: armored
    )
  }

  /// What it says about its keys, in the order in which they were added.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` when it cannot be opened.
  package func entries() throws(KeySourceError) -> [KeystoreEntry] {
    try KeystoreDocument(try file.read()).entries
  }

  /// The value of a key.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` when the keystore cannot be opened, or has no
  ///   usable key of that name.
  package func value(of id: String) throws(KeySourceError) -> Secret {
    let document = try KeystoreDocument(try file.read())
    let value = try document.withKey(id) { state, value throws(KeySourceError) in
      guard state.isUsable else {
        throw KeySourceError(.denied, "the key '\(id)' is \(state.rawValue) in \(location.path)")
      }
      return value
    }
    guard let value else { throw unknown(id) }
    return value
  }

  /// Stores a key.
  ///
  /// - Parameters:
  ///   - key: the id and value; the id of a key that is there already needs `replacing`.
  ///   - provider: whose key it is.
  ///   - created: now, in RFC 3339 form.
  ///   - replacing: whether a key of the same id gives way.
  /// - Throws: ``KeySourceError``; the keystore is unchanged then.
  package func store(
    _ key: Key,
    provider: String?,
    created: String,
    replacing: Bool
  ) throws(KeySourceError) {
    guard case .keystore(let id) = key.reference else {
      preconditionFailure("only a keystore reference can be stored")
    }
    try file.change { text throws(KeySourceError) in
      let document = try KeystoreDocument(text)
      let exists = document.entries.contains { $0.id == id }
      guard replacing || !exists else {
        throw KeySourceError(
          .usage,
          "the keystore has a key '\(id)' already; add --replace to give it the new value"
        )
      }
      return key.withSecret { value in
        document.storing(.init(id: id, provider: provider, created: created), value: value)
      }
    }
  }

  /// Takes a key out.
  ///
  /// - Throws: ``KeySourceError``; the keystore is unchanged then.
  package func remove(_ id: String) throws(KeySourceError) {
    try file.change { text throws(KeySourceError) in
      let document = try KeystoreDocument(text)
      guard let text = document.removing(id) else { throw unknown(id) }
      return text
    }
  }

  private func unknown(_ id: String) -> KeySourceError {
    KeySourceError(
      .denied,
      "the keystore \(location.path) has no key '\(id)'; 'nightjar keys list' shows what it has, "
        + "and 'nightjar keys add \(id)' adds it"
    )
  }
}
