import Secrets

/// The encrypted keystore: an age file with a JSON document of keys inside.
package final class Keystore: Sendable {
  /// Where it is kept.
  package let location: KeystoreLocation

  /// A keystore at a location. Nothing is read yet.
  package init(at location: KeystoreLocation) {
    self.location = location
  }

  /// The value of a key.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` when the keystore cannot be opened or has no
  ///   such key.
  func value(of id: String) throws(KeySourceError) -> Secret {
    throw KeySourceError(.denied, "the keystore \(location.path) has no key '\(id)'")
  }
}
