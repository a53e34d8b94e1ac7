package import KeySources
import Yams

extension JobFile {
  /// What the section `secrets` says: how long keys are believed, and how Vault is reached.
  package struct Secrets: Sendable, Equatable {
    package var policy = KeyringPolicy()
    /// How long a run waits at its start for a secret store that does not answer.
    package var wait: Duration?
    package var vault: Vault?

    package init() {}
  }

  /// How Vault or OpenBao is reached, where that is not left to the environment.
  package struct Vault: Sendable, Equatable {
    package var addresses: [String] = []
    package var namespace: String?
    package var caFile: String?
    package var clientCertificate: String?
    package var clientKey: String?
    package var serverName: String?
    package var kvVersion: Int?
    package var timeout: Duration?
    package var auth: VaultSettings.Auth?

    package init() {}

    /// The settings of the environment, with what the job file says in their place.
    package func settings(
      environment: (String) -> String?
    ) throws(KeySourceError) -> VaultSettings {
      var settings = try VaultSettings(environment: environment)
      if !addresses.isEmpty { settings.addresses = addresses }
      settings.namespace = namespace ?? settings.namespace
      settings.caFile = caFile ?? settings.caFile
      settings.clientCertificate = clientCertificate ?? settings.clientCertificate
      settings.clientKey = clientKey ?? settings.clientKey
      settings.serverName = serverName ?? settings.serverName
      settings.kvVersion = kvVersion ?? settings.kvVersion
      settings.timeout = timeout ?? settings.timeout
      settings.auth = auth ?? settings.auth
      return settings
    }
  }

  static func secrets(
    _ fields: YAMLFields,
    _ paths: PathBase
  ) throws(JobFileError) -> Secrets {
    var secrets = Secrets()
    guard let node = fields["secrets"] else { return secrets }
    let section = try YAMLFields(
      node,
      known: ["refresh", "ttl", "stale_if_error", "negative_ttl", "wait", "vault"],
      of: "`secrets`",
      in: fields.file
    )
    let usual = KeyringPolicy()
    secrets.policy.refresh = try section.number("refresh", .seconds) ?? usual.refresh
    secrets.policy.ttl = try section.number("ttl", .seconds) ?? usual.ttl
    secrets.policy.staleIfError =
      try section.number("stale_if_error", .seconds) ?? usual.staleIfError
    secrets.policy.negativeTTL = try section.number("negative_ttl", .seconds) ?? usual.negativeTTL
    secrets.wait = try section.number("wait", .wait)
    secrets.vault = try vault(section, paths)
    return secrets
  }

  private static func vault(
    _ section: YAMLFields,
    _ paths: PathBase
  ) throws(JobFileError) -> Vault? {
    guard let node = section["vault"] else { return nil }
    let fields = try YAMLFields(
      node,
      known: [
        "addresses", "namespace", "ca_file", "client_certificate", "client_key", "server_name",
        "kv_version", "timeout", "auth",
      ],
      of: "`vault`",
      in: section.file
    )
    var vault = Vault()
    vault.addresses = try fields.strings("addresses").map(\.text)
    vault.namespace = try fields.string("namespace")
    vault.caFile = try fields.string("ca_file").map(paths.resolve)
    vault.clientCertificate = try fields.string("client_certificate").map(paths.resolve)
    vault.clientKey = try fields.string("client_key").map(paths.resolve)
    vault.serverName = try fields.string("server_name")
    vault.kvVersion = try fields.word("kv_version", among: ["1", "2"]).flatMap(Int.init)
    vault.timeout = try fields.number("timeout", .seconds)
    vault.auth = try auth(fields, paths)
    return vault
  }

  private static func auth(
    _ vault: YAMLFields,
    _ paths: PathBase
  ) throws(JobFileError) -> VaultSettings.Auth? {
    guard let node = vault["auth"] else { return nil }
    let fields = try YAMLFields(
      node,
      known: [
        "method", "mount", "role", "role_id", "secret_id_file", "wrapped", "jwt_file", "token_file",
      ],
      of: "`auth`",
      in: vault.file
    )
    func needed(_ name: String) throws(JobFileError) -> String {
      guard let text = try fields.string(name) else {
        throw fields.error("`auth` with this method needs `\(name)`", at: node)
      }
      return text
    }
    let mount = try fields.string("mount")
    let methods = ["token", "approle", "kubernetes", "jwt", "agent"]
    switch try fields.word("method", among: methods) {
    case "token": return .token(environment: [], file: paths.resolve(try needed("token_file")))
    case "approle":
      return .appRole(
        mount: mount ?? "approle",
        roleID: try needed("role_id"),
        secretIDFile: paths.resolve(try needed("secret_id_file")),
        isWrapped: try fields.word("wrapped", among: ["true", "false"]) == "true",
        role: try fields.string("role")
      )
    case "kubernetes":
      let file = try fields.string("jwt_file").map(paths.resolve)
      return .kubernetes(
        mount: mount ?? "kubernetes",
        role: try needed("role"),
        jwtFile: file ?? VaultSettings.serviceAccountToken
      )
    case "jwt":
      return .jwt(
        mount: mount ?? "jwt",
        role: try needed("role"),
        jwtFile: paths.resolve(try needed("jwt_file"))
      )
    case "agent": return .agentSink(file: paths.resolve(try needed("token_file")))
    default:
      throw fields.error(
        "`auth` must name its `method`: \(methods.joined(separator: ", "))",
        at: node
      )
    }
  }
}
