package import Secrets

/// The encrypted keystore: an age file with a JSON document of keys inside.
///
/// Opens with an age identity, or with a passphrase that is asked for once and then kept for as
/// long as this object lives. The file is looked at again for every question, so changes by other
/// processes are seen, and decrypted again only when it has changed. All calls may come from any
/// thread; they block while they read, and a passphrase takes about a second of work.
///
/// The age format proves that a file was not damaged, not who wrote it: anybody who knows the
/// public key could put another keystore in its place, or an older copy of this one. Therefore the
/// file and its folder must be out of reach for other users, which keystore and which generation
/// were seen is noted elsewhere and compared, and every fingerprint is shown.
package final class Keystore: Sendable {
  /// How a new keystore is protected.
  package enum Protection: Sendable {
    /// By an identity, made in a file where there is none.
    case identity
    /// By a passphrase.
    case passphrase
  }

  /// What is stored with a new value besides it.
  package struct Terms: Hashable, Sendable {
    /// Whose key it is; as before when nil.
    package var provider: String?
    /// From when on it may be used, in milliseconds since 1970; nil for at once.
    package var notBefore: Int64?
    /// When it expires, in milliseconds since 1970; nil for never.
    package var expires: Int64?

    package init(provider: String? = nil, notBefore: Int64? = nil, expires: Int64? = nil) {
      self.provider = provider
      self.notBefore = notBefore
      self.expires = expires
    }
  }

  /// What became of a key.
  package struct Change: Hashable, Sendable {
    /// As it was; nil when there was no such key.
    package let before: KeystoreEntry?
    /// As it is; nil when there is no such key now.
    package let after: KeystoreEntry?

    /// Whether anything was written.
    package var isChange: Bool { before != after }
  }

  /// Where it is kept.
  package let location: KeystoreLocation

  let file: KeystoreFile
  let now: @Sendable () -> Int64

  /// A keystore at a location, of which nothing is read yet.
  ///
  /// - Parameters:
  ///   - location: where it is, and what opens it.
  ///   - now: the clock, in milliseconds since 1970; replaceable in tests.
  ///   - notice: is told, once, when what was seen cannot be noted.
  package init(
    at location: KeystoreLocation,
    now: @escaping @Sendable () -> Int64 = Timestamp.now,
    notice: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.location = location
    self.now = now
    file = KeystoreFile(location, notice: notice)
  }

  /// Whether there is a file in its place.
  package var exists: Bool { SecretFile.exists(location.path) }

  /// Makes an empty keystore, and an identity file when it needs one that is not there.
  ///
  /// - Parameters:
  ///   - protection: what opens it.
  ///   - armored: whether it is written as text.
  ///   - recipients: public keys that open it too; none with a passphrase, which is alone.
  /// - Returns: every public key that it is encrypted to, our own first; none with a passphrase.
  /// - Throws: ``KeySourceError`` when there is a keystore already, or it cannot be written.
  package func create(
    protection: Protection,
    armored: Bool = false,
    recipients: [AgeRecipient] = []
  ) throws(KeySourceError) -> [AgeRecipient] {
    try file.create(
      protection: protection,
      armored: armored,
      recipients: recipients,
      audit: .keystore(.created, key: nil, detail: nil)
    )
  }

  /// What it says about its keys, in the order in which they were added.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` when it cannot be opened, or is older than, or
  ///   another than, the one seen before.
  package func entries() throws(KeySourceError) -> [KeystoreEntry] {
    try file.read().document.entries
  }

  /// Counts up with every change of the keystore.
  ///
  /// - Throws: ``KeySourceError`` like ``entries()``.
  package func generation() throws(KeySourceError) -> Int {
    try file.read().document.index.generation
  }

  /// The values of a key that may be used now, the present one first.
  ///
  /// - Throws: ``KeySourceError`` of kind `gone` for a key that is not there, out of use or
  ///   expired; of kind `denied` when its time has not come, or the keystore cannot be opened.
  package func keys(of id: String) throws(KeySourceError) -> [Key] {
    let document = try file.read()
    guard let (entry, places) = document.document.values(of: id) else { throw unknown(id) }
    let standing = entry.current.standing(at: now())
    guard ![.disabled, .retired].contains(standing) else { throw unusable(id, standing) }
    var keys: [Key] = []
    for (version, place) in zip([entry.current] + (entry.previous.map { [$0] } ?? []), places)
    where version.standing(at: now()) == .usable {
      keys.append(
        try Key(
          .keystore(id: id),
          value: document.document.value(at: place),
          label: String(version.number),
          expires: version.expires
        )
      )
    }
    guard !keys.isEmpty else { throw unusable(id, standing) }
    return keys
  }

  private func unusable(_ id: String, _ standing: KeystoreEntry.Standing) -> KeySourceError {
    let what = "the key '\(id)' in \(location.path)"
    return switch standing {
    case .notYet(nil), .usable:
      KeySourceError(.denied, "\(what) is pending; 'nightjar keys enable \(id)' puts it into use")
    case .notYet(let moment?):
      KeySourceError(.denied, "\(what) may not be used before \(Timestamp.text(moment)); wait")
    case .expired(let moment):
      KeySourceError(
        .gone,
        "\(what) expired at \(Timestamp.text(moment)); "
          + "'nightjar keys rotate \(id)' gives it a new value"
      )
    case .disabled:
      KeySourceError(
        .gone,
        "\(what) is disabled; 'nightjar keys enable \(id)' puts it back into use"
      )
    case .retired:
      KeySourceError(
        .gone,
        "\(what) is retired; 'nightjar keys rotate \(id)' gives it a new value"
      )
    }
  }

  func unknown(_ id: String) -> KeySourceError {
    KeySourceError(
      .gone,
      "the keystore \(location.path) has no key '\(id)'; 'nightjar keys list' shows what it has, "
        + "and 'nightjar keys add \(id)' adds it"
    )
  }
}
