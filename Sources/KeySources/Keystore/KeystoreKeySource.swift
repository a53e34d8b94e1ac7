/// A key of the encrypted keystore.
package struct KeystoreKeySource: KeySource {
  private let id: String
  private let keystore: Keystore

  package var reference: KeyReference { .keystore(id: id) }

  package var changes: AsyncStream<Void>? { FileWatch.changes(of: [keystore.location.path]) }

  /// Names an entry of a keystore.
  package init(id: String, keystore: Keystore) {
    self.id = id
    self.keystore = keystore
  }

  package func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    // A passphrase takes a second of work to check.
    try await BlockingCall.run { [keystore, id] () throws(KeySourceError) in
      try keystore.keys(of: id)
    }
  }
}
