/// Turns key references into the sources they name.
package enum KeySources {
  /// The source that a reference names.
  ///
  /// - Parameters:
  ///   - reference: what the user wrote.
  ///   - keystore: the keystore that `keystore:` references read; shared between the sources of a
  ///     run, so that a passphrase is asked for once.
  package static func source(
    for reference: KeyReference,
    keystore: Keystore
  ) -> any KeySource {
    switch reference {
    case .environment(let name): EnvironmentKeySource(name: name)
    case .file(let path, let field): FileKeySource(path: path, field: field)
    case .keystore(let id): KeystoreKeySource(id: id, keystore: keystore)
    }
  }
}
