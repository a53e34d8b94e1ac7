/// Where a keystore and what opens it are kept.
package struct KeystoreLocation: Hashable, Sendable {
  /// The keystore, an age file.
  package var path: String
  /// The age identity file that opens it.
  package var identityPath: String
  /// An open file descriptor to read the passphrase of a passphrase keystore from; the terminal
  /// when nil.
  package var passphraseDescriptor: Int32?

  /// Fills in what is not given on the command line.
  ///
  /// `--keystore` beats `NIGHTJAR_KEYSTORE`, which beats `$XDG_CONFIG_HOME/nightjar/keystore.age`;
  /// likewise `--identity`, `NIGHTJAR_IDENTITY` and `identity.txt`. Without `XDG_CONFIG_HOME`
  /// that is `~/.config`.
  package init(
    keystore: String? = nil,
    identity: String? = nil,
    passphraseDescriptor: Int32? = nil,
    environment: [String: String]
  ) {
    let home = environment["HOME"] ?? ""
    let configuration = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let folder = (configuration ?? home + "/.config") + "/nightjar"
    path = keystore ?? environment["NIGHTJAR_KEYSTORE"] ?? folder + "/keystore.age"
    identityPath = identity ?? environment["NIGHTJAR_IDENTITY"] ?? folder + "/identity.txt"
    self.passphraseDescriptor = passphraseDescriptor
  }
}
