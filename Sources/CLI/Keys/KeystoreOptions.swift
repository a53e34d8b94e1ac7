import ArgumentParser
import KeySources

/// Which keystore a command works on, and what opens it.
struct KeystoreOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The keystore file. (default: $NIGHTJAR_KEYSTORE, or nightjar/keystore.age in "
        + "$XDG_CONFIG_HOME or ~/.config)",
      valueName: "path"
    )
  )
  var keystore: String?

  @Option(
    help: ArgumentHelp(
      "The age identity file that opens it. (default: $NIGHTJAR_IDENTITY, or identity.txt in the "
        + "same folder)",
      valueName: "path"
    )
  )
  var identity: String?

  @Option(
    help: ArgumentHelp(
      "Read the passphrase of the keystore from this open file descriptor instead of the "
        + "terminal, for instance 3 with 3</run/secrets/passphrase.",
      valueName: "n"
    )
  )
  var passphraseFd: Int32?

  /// The keystore with its defaults filled in.
  var location: KeystoreLocation {
    KeystoreLocation(
      keystore: keystore,
      identity: identity,
      passphraseDescriptor: passphraseFd
    )
  }
}
