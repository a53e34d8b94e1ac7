import Secrets
import Synchronization
package import Transport

/// A cluster of Vault or OpenBao, and nightjar's login there.
///
/// One serves all `vault:` references of a run, so that they share a token. The first read logs in;
/// from then on the token is renewed in the background, and replaced when it cannot be or is
/// refused. Close it at the end.
package final class Vault: Sendable {
  private struct Session {
    var grant: VaultLogin.Grant?
    /// The login that is under way, for all who wait for it.
    var login: Task<Result<VaultLogin.Grant, KeySourceError>, Never>?
    var keeper: Task<Void, Never>?
    var isClosed = false
  }

  let kvVersion: Int?
  let clock: VaultClock
  private let client: VaultClient
  private let login: VaultLogin
  /// The transport that this object made, and therefore ends.
  private let transport: CurlTransport?
  private let session = Mutex(Session())

  /// A cluster of which nothing was asked yet.
  ///
  /// - Parameters:
  ///   - settings: where it is and how to log in.
  ///   - client: sends the requests; nil for a transport made from the settings.
  ///   - clock: the time, replaceable in tests.
  /// - Throws: ``KeySourceError`` of kind `usage` for addresses or certificate files that cannot be
  ///   used.
  package init(
    _ settings: VaultSettings,
    client: (any HTTPClient)? = nil,
    clock: VaultClock = VaultClock()
  ) throws(KeySourceError) {
    let transport = client == nil ? try Self.transport(settings) : nil
    guard let sender = client ?? transport else { preconditionFailure("one of them is there") }
    self.transport = transport
    self.client = try VaultClient(settings, transport: sender, clock: clock)
    self.clock = clock
    kvVersion = settings.kvVersion
    login = VaultLogin(settings, client: self.client)
  }

  /// The source of a reference `vault:PATH#FIELD`.
  package func source(path: String, field: String?) -> VaultKeySource {
    VaultKeySource(path: path, field: field, vault: self)
  }

  /// Revokes the token if it was made for this process, within 5 s, and lets go of the cluster.
  package func close() async {
    let (grant, tasks) = session.withLock { session in
      session.isClosed = true
      defer { session.grant = nil }
      return (session.grant, (session.login, session.keeper))
    }
    tasks.0?.cancel()
    tasks.1?.cancel()
    if let grant, grant.isOurs {
      let revocation = Task { [client] in
        try? await client.send(
          .post("auth/token/revoke-self", token: grant.token),
          patiently: false
        )
      }
      let deadline = Task { [clock] in
        if (try? await clock.sleep(.seconds(5))) != nil { revocation.cancel() }
      }
      _ = await revocation.value
      deadline.cancel()
    }
    await transport?.shutdown()
  }

  private static func transport(
    _ settings: VaultSettings
  ) throws(KeySourceError) -> CurlTransport {
    // A secret of Vault has at most 1 MiB; its metadata may name many versions.
    var configuration = CurlTransport.Configuration(
      caFile: settings.caFile,
      proxy: settings.proxy,
      maxInFlight: 16,
      maxResponseBytes: 4 << 20
    )
    configuration.route.clientCertificate = settings.clientCertificate
    configuration.route.clientKey = settings.clientKey
    configuration.route.serverName = settings.serverName
    do throws(TransportError) {
      return try CurlTransport(configuration)
    } catch {
      throw KeySourceError(
        .usage,
        "Vault cannot be reached as it is set up: \(error.message); check the certificate files"
      )
    }
  }
}

// MARK: - Reading

extension Vault {
  /// Reads an API path with the token, getting another token when that one is refused.
  ///
  /// - Returns: the answer; 403 only where the token is good and its policy forbids the path.
  /// - Throws: ``KeySourceError`` when no token can be had, or no server can answer.
  func read(_ path: String) async throws(KeySourceError) -> VaultReply {
    let grant = try await currentGrant()
    let reply = try await client.send(.get(path, token: grant.token))
    guard reply.status == 403, let token = grant.token else { return reply }
    let lookup = try await client.send(.get("auth/token/lookup-self", token: token))
    if lookup.status == 200 { return reply }
    let fresh = try await logIn(replacing: token)
    guard fresh.token?.version != token.version else { throw refused(at: reply.address) }
    return try await client.send(.get(path, token: fresh.token))
  }

  private func refused(at address: VaultAddress) -> KeySourceError {
    KeySourceError(
      .denied,
      "Vault at \(address) refuses the token: it has expired or was revoked, and there is no other "
        + "where it came from; log in again, or have nightjar log in by itself (NIGHTJAR_VAULT_AUTH)"
    )
  }

  /// The grant in use, or a new one where there is none or it is about to end.
  private func currentGrant() async throws(KeySourceError) -> VaultLogin.Grant {
    guard let grant = session.withLock({ $0.grant }) else { return try await logIn(replacing: nil) }
    let now = clock.now()
    guard grant.life.action(at: now) == .replace else { return grant }
    do throws(KeySourceError) {
      return try await logIn(replacing: grant.token)
    } catch {
      guard !grant.life.isOver(at: clock.now()) else { throw error }
      return grant
    }
  }

  /// Logs in, unless another token than `old` is there already; one login runs at a time.
  private func logIn(
    replacing old: VaultCredential?
  ) async throws(KeySourceError) -> VaultLogin.Grant {
    let task = try session.withLock { session throws(KeySourceError) in
      guard !session.isClosed else { throw VaultClient.cancelled }
      if let grant = session.grant, grant.token !== old {
        return Task { Result<VaultLogin.Grant, KeySourceError>.success(grant) }
      }
      if let login = session.login { return login }
      let login = Task { await self.performLogin() }
      session.login = login
      return login
    }
    return try await task.value.get()
  }

  private func performLogin() async -> Result<VaultLogin.Grant, KeySourceError> {
    let result: Result<VaultLogin.Grant, KeySourceError>
    do throws(KeySourceError) { result = .success(try await login.grant()) } catch {
      result = .failure(error)
    }
    session.withLock { session in
      session.login = nil
      guard case .success(let grant) = result, !session.isClosed else { return }
      session.grant = grant
      keepAlive(&session)
    }
    return result
  }
}

// MARK: - Renewal

extension Vault {
  /// Renews the token in the background: reads may be rarer than its life is long, and a secret_id
  /// may be good for one login only.
  private func keepAlive(_ session: inout Session) {
    session.keeper?.cancel()
    session.keeper = Task { [weak self, clock] in
      while let wait = self?.timeToRenewal() {
        guard (try? await clock.sleep(wait)) != nil else { return }
        await self?.renew()
      }
    }
  }

  private func timeToRenewal() -> Duration? {
    session.withLock { $0.grant?.life.timeToRenewal(at: clock.now()) }
  }

  private func renew() async {
    guard let token = session.withLock({ $0.grant?.token }) else { return }
    let reply = try? await client.send(.post("auth/token/renew-self", token: token))
    session.withLock { session in
      guard session.grant?.token === token else { return }
      let now = clock.now()
      switch (reply?.status, reply?.body.seconds(["auth", "lease_duration"])) {
      case (200, let ttl?):
        let isRenewable = reply?.body.isTrue(["auth", "renewable"]) ?? false
        session.grant?.life.renewed(ttl: ttl, isRenewable: isRenewable, at: now)
      case (nil, _): session.grant?.life.renewalFailed(at: now)
      default: session.grant?.life.renewalRefused()
      }
    }
  }
}
