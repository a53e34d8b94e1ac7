import Secrets
import Synchronization

/// Gets tokens, in the way that the settings name.
final class VaultLogin: Sendable {
  /// A token and how long it lives.
  struct Grant: Sendable {
    /// Nil where requests are made without one.
    var token: VaultCredential?
    var life: VaultTokenLife
    /// Whether it was made for this process, which then revokes it at its end.
    var isOurs = false
  }

  /// A secret_id or token that was unwrapped, and what it was wrapped in.
  private struct Unwrapped {
    var wrapping: String
    var content: VaultCredential
  }

  private let auth: VaultSettings.Auth
  private let namespace: String?
  private let client: VaultClient
  private let unwrapped = Mutex<Unwrapped?>(nil)

  init(_ settings: VaultSettings, client: VaultClient) {
    auth = settings.auth
    namespace = settings.namespace
    self.client = client
  }

  /// Gets a token.
  ///
  /// Every file is read again each time: what writes it may have put another value there.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` when the login is refused, `unavailable` when
  ///   Vault cannot answer.
  func grant() async throws(KeySourceError) -> Grant {
    switch auth {
    case .token(let environment, let file):
      return try await adopt(try Self.token(environment, file))
    case .agentSink(let file): return try await adopt(try await sinkToken(file))
    case .agentListener: return Grant(life: .unknown)
    case .appRole(let mount, let roleID, let file, let isWrapped, let role):
      let secretID =
        isWrapped
        ? try await secretID(wrappedIn: file, mount: mount, role: role)
        : try VaultCredential.privateFile(file, what: "the secret_id file")
      let body = VaultRequest.object([("role_id", roleID)], "secret_id", secretID.secret)
      return try await logIn(
        at: mount,
        body,
        hint: "role_id or secret_id is wrong, used up or expired"
      )
    case .kubernetes(let mount, let role, let file), .jwt(let mount, let role, let file):
      let jwt = try VaultCredential.handedOver(file, what: "the JWT file", by: .platform)
      return try await logIn(
        at: mount,
        VaultRequest.object([("role", role)], "jwt", jwt.secret),
        hint: "the role '\(role)' does not exist, or does not accept the token in \(file)"
      )
    }
  }

  private static func token(
    _ environment: [String],
    _ file: String?
  ) throws(KeySourceError) -> VaultCredential {
    if let token = VaultCredential.environment(environment) { return token }
    guard let file, SecretFile.exists(file) else {
      let missing =
        environment.map { "\($0) is not set" }
        + [file.map { "\($0) does not exist" }]
        .compactMap(\.self)
      throw KeySourceError(
        .denied,
        "there is no token for Vault (\(missing.joined(separator: ", "))); log in with 'vault "
          + "login' or 'bao login', or choose another way with NIGHTJAR_VAULT_AUTH or 'auth:' "
          + "under 'vault:' in the job file"
      )
    }
    return try VaultCredential.privateFile(file, what: "the token file")
  }

  /// A token that somebody else logged in for, whose life has to be asked for.
  private func adopt(_ token: VaultCredential) async throws(KeySourceError) -> Grant {
    let reply = try await client.send(.get("auth/token/lookup-self", token: token))
    // A policy may forbid the question; the token can be good all the same.
    guard reply.status == 200 else { return Grant(token: token, life: .unknown) }
    let life = VaultTokenLife(
      ttl: reply.body.seconds(["data", "ttl"]),
      isRenewable: reply.body.isTrue(["data", "renewable"]),
      at: client.clock.now(),
      jitter: .random(in: 0..<1)
    )
    return Grant(token: token, life: life)
  }

  private func logIn(
    at mount: String,
    _ body: [UInt8],
    hint: String
  ) async throws(KeySourceError) -> Grant {
    let path = "auth/\(VaultRequest.encoded(mount))/login"
    let reply = try await client.send(.post(path, body: body))
    guard reply.status == 200, let token = reply.body.secret(["auth", "client_token"]) else {
      throw KeySourceError(
        .denied,
        "Vault at \(reply.address) refused the login at \(path) (\(reply.status)): "
          + (reply.status == 404 ? "no login method is mounted there" : hint)
          + "; check the login's settings" + (namespace.map { " and the namespace \($0)" } ?? "")
      )
    }
    let life = VaultTokenLife(
      ttl: reply.body.seconds(["auth", "lease_duration"]),
      isRenewable: reply.body.isTrue(["auth", "renewable"]),
      at: client.clock.now(),
      jitter: .random(in: 0..<1)
    )
    return Grant(token: VaultCredential(token), life: life, isOurs: true)
  }
}

// MARK: - Response wrapping

extension VaultLogin {
  /// The secret_id that a file's wrapping token stands for.
  ///
  /// A wrapping token can be used once, so its content is kept for later logins.
  private func secretID(
    wrappedIn file: String,
    mount: String,
    role: String?
  ) async throws(KeySourceError) -> VaultCredential {
    let kept = unwrapped.withLock { $0 }
    if let kept, !SecretFile.exists(file) { return kept.content }
    let wrapping = try VaultCredential.privateFile(file, what: "the wrapped secret_id file")
    if let kept, kept.wrapping == wrapping.version { return kept.content }
    let origin = VaultWrapping.Origin.secretID(mount: mount, role: role)
    let content = try await VaultWrapping(client, namespace: namespace)
      .open(wrapping, from: origin, in: file)
    unwrapped.withLock { $0 = Unwrapped(wrapping: wrapping.version, content: content) }
    return content
  }

  /// The token in an agent's sink, which is bare or wrapped.
  private func sinkToken(_ file: String) async throws(KeySourceError) -> VaultCredential {
    let text = try VaultCredential.handedOver(file, what: "the agent's sink", by: .agent)
    guard text.secret.withBytes({ $0[0] == UInt8(ascii: "{") }) else { return text }
    let kept = unwrapped.withLock { $0 }
    if let kept, kept.wrapping == text.version { return kept.content }
    let content = try await VaultWrapping(client, namespace: namespace)
      .open(try VaultWrapping.token(inSink: text, file), from: .agent, in: file)
    unwrapped.withLock { $0 = Unwrapped(wrapping: text.version, content: content) }
    return content
  }
}
