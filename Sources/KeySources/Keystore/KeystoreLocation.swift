import Glibc

/// Where a keystore and what opens it are kept.
package struct KeystoreLocation: Hashable, Sendable {
  /// Where the private key that opens a keystore comes from.
  package enum Identity: Hashable, Sendable {
    /// An age identity file.
    case file(String)
    /// A file that systemd put into the folder of the service's credentials.
    case credential(String)
    /// An open file descriptor, which is read once.
    case descriptor(Int32)
  }

  /// The keystore, an age file.
  package var path: String
  /// What opens it, unless a passphrase does.
  package var identity: Identity
  /// An open file descriptor to read the passphrase of a passphrase keystore from; the terminal
  /// when nil.
  package var passphraseDescriptor: Int32?
  /// The folder in which the newest generation that was seen of each keystore is noted; nil when
  /// there is no home folder to note it in.
  package var memory: String?

  /// Fills in what is not given on the command line.
  ///
  /// `--keystore` beats `NIGHTJAR_KEYSTORE`, which beats `$XDG_CONFIG_HOME/nightjar/keystore.age`.
  /// Without `XDG_CONFIG_HOME` that is `~/.config`. The identity is the first of: `--identity`,
  /// `--identity-fd`, `NIGHTJAR_IDENTITY`, `$CREDENTIALS_DIRECTORY/nightjar-identity` (systemd)
  /// where there is that file, and `identity.txt` in the folder of configuration. What was seen is
  /// noted in `$XDG_STATE_HOME/nightjar/keystores`, or in `~/.local/state`.
  package init(
    keystore: String? = nil,
    identity: String? = nil,
    identityDescriptor: Int32? = nil,
    passphraseDescriptor: Int32? = nil,
    environment: (String) -> String? = variable
  ) {
    func folder(_ variable: String, _ otherwise: String) -> String? {
      if let named = environment(variable), named.hasPrefix("/") { return named + "/nightjar" }
      return environment("HOME").map { $0 + otherwise + "/nightjar" }
    }
    let configuration = folder("XDG_CONFIG_HOME", "/.config") ?? "/.config/nightjar"
    path = keystore ?? environment("NIGHTJAR_KEYSTORE") ?? configuration + "/keystore.age"
    let credential = environment("CREDENTIALS_DIRECTORY").map { $0 + "/nightjar-identity" }
    if let identity {
      self.identity = .file(identity)
    } else if let identityDescriptor {
      self.identity = .descriptor(identityDescriptor)
    } else if let named = environment("NIGHTJAR_IDENTITY") {
      self.identity = .file(named)
    } else if let credential, SecretFile.exists(credential) {
      self.identity = .credential(credential)
    } else {
      self.identity = .file(configuration + "/identity.txt")
    }
    self.passphraseDescriptor = passphraseDescriptor
    memory = folder("XDG_STATE_HOME", "/.local/state").map { $0 + "/keystores" }
  }

  /// The audit log of the keystore's changes, which lies beside it.
  package var auditLog: String { path + ".audit" }

  /// One variable of the environment; reading all of it would copy keys that stand in others.
  package static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
    return unsafe String(cString: value)
  }
}

extension KeystoreLocation.Identity: CustomStringConvertible {
  /// The file's path, or the descriptor's number.
  package var description: String {
    switch self {
    case .file(let path), .credential(let path): path
    case .descriptor(let number): "file descriptor \(number)"
    }
  }
}
