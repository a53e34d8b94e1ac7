import Glibc
import Synchronization

/// Turns key references into the sources they name.
///
/// The sources of a run share what they ask: a passphrase is asked for once, and a login to a
/// secret store serves all its references. Close it at the end.
package final class KeySources: Sendable {
  /// Clients of secret stores, made when the first reference needs them.
  private struct Stores {
    var secretsManager: SecretsManager?
    var vault: Vault?
  }

  private let keystore: Keystore
  private let vaultSettings: VaultSettings?
  private let userAgent: String
  private let environment: @Sendable (String) -> String?
  private let credentials: StoreCredentials
  private let stores = Mutex(Stores())

  /// - Parameters:
  ///   - keystore: what `keystore:` references read.
  ///   - vault: how Vault is reached; nil for what the environment says.
  ///   - userAgent: what nightjar calls itself at Vault, whose operators may have that in its log.
  ///   - environment: gives the variables by which secret stores are set up.
  package init(
    keystore: Keystore,
    vault: VaultSettings? = nil,
    userAgent: String = "nightjar",
    environment: @escaping @Sendable (String) -> String? = KeySources.variable
  ) {
    self.keystore = keystore
    vaultSettings = vault
    self.userAgent = userAgent
    self.environment = environment
    credentials = StoreCredentials(
      keystore: keystore.location,
      vault: vault,
      environment: environment
    )
  }

  /// The source that a reference names, which has read nothing yet.
  ///
  /// - Throws: ``KeySourceError`` of kind `usage` where the reference needs settings that are
  ///   missing or wrong.
  package func source(for reference: KeyReference) throws(KeySourceError) -> any KeySource {
    switch reference {
    case .absent: AbsentKeySource()
    case .environment(let name, let field): EnvironmentKeySource(name: name, field: field)
    case .file(let path, let field):
      FileKeySource(path: path, field: field, isCredential: credentials.hold)
    case .keystore(let id): KeystoreKeySource(id: id, keystore: keystore)
    case .command(let command, let field): CommandKeySource(command: command, field: field)
    case .awsSecretsManager(let id, let field):
      try secretsManager().source(id: id, field: field)
    case .vault(let path, let field): try vault().source(path: path, field: field)
    }
  }

  /// A variable of the process's environment, which may be set and empty; nil where it is not set.
  package static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Ends the logins and connections that were made.
  package func close() async {
    let stores = stores.withLock { stores in
      defer { stores = Stores() }
      return stores
    }
    await stores.secretsManager?.close()
    await stores.vault?.close()
  }

  private func vault() throws(KeySourceError) -> Vault {
    try stores.withLock { stores throws(KeySourceError) in
      if let made = stores.vault { return made }
      var settings =
        if let vaultSettings { vaultSettings } else { try VaultSettings(environment: environment) }
      settings.userAgent = userAgent
      let made = try Vault(settings)
      stores.vault = made
      return made
    }
  }

  private func secretsManager() throws(KeySourceError) -> SecretsManager {
    try stores.withLock { stores throws(KeySourceError) in
      if let made = stores.secretsManager { return made }
      let made = try SecretsManager(settings: AWSSettings(environment: environment))
      stores.secretsManager = made
      return made
    }
  }
}
