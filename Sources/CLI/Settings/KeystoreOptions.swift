import ArgumentParser
import KeySources

/// Which keystore a command works on, and what opens it.
struct KeystoreOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The keystore file. (default: $NIGHTJAR_KEYSTORE, or nightjar/keystore.age in "
        + "$XDG_CONFIG_HOME or ~/.config)",
      valueName: "path"
    ),
    completion: .file()
  )
  var keystore: String?

  @Option(
    help: ArgumentHelp(
      "The age identity file that opens it. (default: $NIGHTJAR_IDENTITY, or nightjar-identity in "
        + "$CREDENTIALS_DIRECTORY, or identity.txt beside the default keystore)",
      valueName: "path"
    ),
    completion: .file()
  )
  var identity: String?

  @Option(
    help: ArgumentHelp(
      "Read the age identity from this open file descriptor instead, for instance 3 with "
        + "3< <(pass show nightjar).",
      valueName: "n"
    )
  )
  var identityFd: Int32?

  @Option(
    help: ArgumentHelp(
      "Read the passphrase of the keystore from this open file descriptor instead of the "
        + "terminal, for instance 3 with 3</run/secrets/passphrase.",
      valueName: "n"
    )
  )
  var passphraseFd: Int32?

  func validate() throws {
    guard identity == nil || identityFd == nil else {
      throw ValidationError("give the identity once: --identity or --identity-fd")
    }
    guard identityFd == nil || identityFd != passphraseFd else {
      throw ValidationError("identity and passphrase need a descriptor each")
    }
  }

  /// Leaves standard input to what a command reads there.
  func leaveStandardInput(to what: String) throws {
    guard passphraseFd != 0, identityFd != 0 else {
      throw ValidationError(
        "\(what) is read from standard input, so identity and passphrase need another descriptor, "
          + "for instance --passphrase-fd 3"
      )
    }
  }

  /// The keystore's place with its defaults filled in.
  var location: KeystoreLocation {
    KeystoreLocation(
      keystore: keystore,
      identity: identity,
      identityDescriptor: identityFd,
      passphraseDescriptor: passphraseFd
    )
  }

  /// The keystore, opened before a value is asked for, which a wrong passphrase would lose.
  func openedForChange() throws -> Keystore {
    let keystore = opened()
    _ = try keystore.generation()
    return keystore
  }

  /// The keystore, of which nothing is read yet.
  func opened() -> Keystore {
    Keystore(at: location, notice: { Console.shared.note("warning: \($0)") })
  }
}
