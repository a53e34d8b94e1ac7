import Glibc

/// Files that open a store of keys, and what the system tells of processes: none of them holds a key
/// for a provider, whoever names them as one.
package struct StoreCredentials: Sendable {
  private let places: [String]
  /// What the system tells of processes and itself.
  private static let system = ["/proc", "/sys"]

  /// - Parameters:
  ///   - keystore: the keystore and what opens it.
  ///   - vault: how Vault is logged in to; nil where that is not known.
  ///   - environment: gives the variables by which secret stores are set up.
  package init(
    keystore: KeystoreLocation,
    vault: VaultSettings?,
    environment: (String) -> String?
  ) {
    let vault = vault ?? (try? VaultSettings(environment: environment))
    let variables = [
      "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ]
    let home = environment("HOME")
    let pod = ["/var/run/secrets/kubernetes.io", "/run/secrets/kubernetes.io"]
    let own = home.map { home in [".aws", ".ssh", ".vault-token"].map { "\(home)/\($0)" } } ?? []
    places =
      Self.system + pod + own + variables.compactMap(environment) + keystore.files
      + [keystore.auditLog] + (vault?.secretFiles ?? [])
  }

  /// Whether a file, or what a link leads to, is one of them or lies in one of their folders.
  package func hold(_ path: String) -> Bool {
    Self.hold(path, places)
  }

  /// Whether a file, or what a link leads to, is one that the system makes up: in /proc lies the
  /// environment, with keys in it.
  static func isOfSystem(_ path: String) -> Bool { hold(path, system) }

  private static func hold(_ path: String, _ places: [String]) -> Bool {
    let file = Self.resolved(path)
    return places.contains { place in
      let place = Self.resolved(place)
      return file == place || file.hasPrefix(place + "/")
    }
  }

  private static func resolved(_ path: String) -> String {
    guard let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}

extension KeystoreLocation {
  /// The files that hold keys.
  package var files: [String] {
    switch identity {
    case .file(let file), .credential(let file): [path, file]
    case .descriptor: [path]
    }
  }
}

extension VaultSettings {
  fileprivate var secretFiles: [String] {
    let login: String? =
      switch auth {
      case .token(_, let file): file
      case .appRole(_, _, let file, _, _), .kubernetes(_, _, let file), .jwt(_, _, let file),
        .agentSink(let file):
        file
      case .agentListener: nil
      }
    return [login, clientKey].compactMap(\.self)
  }
}
