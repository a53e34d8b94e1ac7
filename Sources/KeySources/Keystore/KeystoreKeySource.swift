/// A key of the encrypted keystore.
package struct KeystoreKeySource: KeySource {
  private let id: String
  private let keystore: Keystore

  package var reference: KeyReference { .keystore(id: id) }

  /// Names an entry of a keystore.
  package init(id: String, keystore: Keystore) {
    self.id = id
    self.keystore = keystore
  }

  package func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    [try Key(reference, value: try keystore.value(of: id))]
  }
}
