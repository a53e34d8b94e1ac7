/// Turns key references into the sources they name.
package struct KeySources: Sendable {
  /// The keystore that `keystore:` references read; shared between the sources of a run, so that a
  /// passphrase is asked for once.
  private let keystore: Keystore

  package init(keystore: Keystore) {
    self.keystore = keystore
  }

  /// The source that a reference names, which has read nothing yet.
  ///
  /// - Throws: ``KeySourceError`` of kind `usage` where the reference needs settings that are
  ///   missing or wrong.
  package func source(for reference: KeyReference) throws(KeySourceError) -> any KeySource {
    switch reference {
    case .environment(let name, _): return EnvironmentKeySource(name: name)
    case .file(let path, let field): return FileKeySource(path: path, field: field)
    case .keystore(let id): return KeystoreKeySource(id: id, keystore: keystore)
    case .vault, .awsSecretsManager, .command:
      throw KeySourceError(
        .usage,
        "\(reference) cannot be read by this build; use env:, file: or keystore:"
      )
    }
  }
}
