import Secrets
import Synchronization
import Transport

/// Sends requests to whichever server of a cluster can answer.
final class VaultClient: Sendable {
  private struct Headers {
    let token: VaultCredential?
    let index: String?
    let fields: RequestHeaders
  }

  private struct State {
    /// The address that answered last.
    var preferred = 0
    /// What the cluster last said of its writes; sent back, so that a standby that lags behind
    /// does not answer from the past.
    var index: String?
    /// The header fields of the last request: one connection carries all that share them.
    var headers: Headers?
    /// Until when the cluster asked to be left alone.
    var pausedUntil: ContinuousClock.Instant?
  }

  let addresses: [VaultAddress]
  let clock: VaultClock
  private let settings: VaultSettings
  private let transport: any HTTPClient
  private let state = Mutex(State())

  init(
    _ settings: VaultSettings,
    transport: any HTTPClient,
    clock: VaultClock
  ) throws(KeySourceError) {
    var addresses: [VaultAddress] = []
    for text in settings.addresses {
      addresses.append(try VaultAddress(text, isProxied: settings.proxy != nil))
    }
    guard !addresses.isEmpty else {
      throw KeySourceError(
        .usage,
        "no address of Vault is known; set VAULT_ADDR, for instance to "
          + "https://vault.example.com:8200, or 'addresses:' under 'vault:' in the job file"
      )
    }
    self.addresses = addresses
    self.settings = settings
    self.transport = transport
    self.clock = clock
  }

  /// Sends a request, to each server in turn until one can answer.
  ///
  /// - Parameter patiently: whether all are asked again after a pause while none can.
  /// - Throws: ``KeySourceError`` of kind `unavailable` when none can in time, or what answers is
  ///   not Vault; of kind `denied` when the token cannot be sent.
  func send(
    _ request: VaultRequest,
    patiently: Bool = true
  ) async throws(KeySourceError) -> VaultReply {
    try checkPause()
    var route = VaultRoute(
      addresses: addresses,
      first: state.withLock { $0.preferred },
      retries: patiently ? settings.retries : 0,
      isRepeatable: request.isRepeatable,
      deadline: clock.now() + settings.timeout,
      jitter: .random(in: 0..<1)
    )
    var problems: [Int: String] = [:]
    while true {
      let number = route.current
      let attempt = try await attempt(request, at: addresses[number])
      problems[number] = attempt.problem
      switch route.event(attempt.event, at: clock.now()) {
      case .finish:
        state.withLock { $0.preferred = number }
        return try reply(attempt, from: addresses[number])
      case .send: break
      case .wait(let pause, _): try await wait(pause)
      case .giveUp: throw surrender(problems, retryAfter: route.retryAfter)
      }
    }
  }

  private func wait(_ pause: Duration) async throws(KeySourceError) {
    do { try await clock.sleep(pause) } catch { throw Self.cancelled }
  }

  static let cancelled = KeySourceError(
    .unavailable,
    "the request to Vault was cancelled, because the run is ending"
  )

  // MARK: - One attempt

  private func attempt(
    _ request: VaultRequest,
    at address: VaultAddress
  ) async throws(KeySourceError) -> VaultAttempt {
    let index = state.withLock { $0.index }
    let result = await result(of: request, at: address, index: index)
    switch result {
    case .success(let response):
      // A cluster that was restored knows nothing of what it wrote before.
      let isStale = index != nil && [400, 412].contains(response.status)
      state.withLock { state in
        state.index = isStale ? nil : response.header("X-Vault-Index") ?? state.index
      }
      if isStale, response.status == 400 { return try await attempt(request, at: address) }
      return .answered(response)
    case .failure(let error):
      switch error.code {
      case .cancelled, .closed: throw Self.cancelled
      case .invalidRequest:
        throw KeySourceError(
          .denied,
          "the request to Vault at \(address) cannot be sent: \(error.message); check the token, "
            + "which must be one line of plain characters"
        )
      default: return .failed(error)
      }
    }
  }

  private func result(
    of request: VaultRequest,
    at address: VaultAddress,
    index: String?
  ) async -> Result<HTTPResponse, TransportError> {
    do throws(TransportError) {
      let message = HTTPRequest(
        method: request.method,
        url: address.url(of: request.path),
        headers: try headers(for: request, index: index),
        body: request.body[...],
        deadlines: deadlines
      )
      return .success(try await transport.send(message))
    } catch {
      return .failure(error)
    }
  }

  private func headers(
    for request: VaultRequest,
    index: String?
  ) throws(TransportError) -> RequestHeaders {
    if let last = state.withLock({ $0.headers }), last.token === request.token, last.index == index
    {
      return last.fields
    }
    var plain = [
      (name: "User-Agent", value: settings.userAgent), (name: "X-Vault-Request", value: "true"),
      (name: "Content-Type", value: "application/json"),
    ]
    if let namespace = settings.namespace {
      plain.append((name: "X-Vault-Namespace", value: namespace))
    }
    if let index { plain.append((name: "X-Vault-Index", value: index)) }
    let fields: RequestHeaders
    if let token = request.token {
      fields = try RequestHeaders(
        plain,
        credential: token.secret,
        name: "Authorization",
        prefix: "Bearer "
      )
    } else {
      fields = try RequestHeaders(plain)
    }
    state.withLock { $0.headers = Headers(token: request.token, index: index, fields: fields) }
    return fields
  }

  private var deadlines: Deadlines {
    Deadlines(
      connect: min(.seconds(10), settings.timeout),
      firstByte: settings.timeout,
      stall: settings.timeout,
      total: settings.timeout
    )
  }

  // MARK: - Outcomes

  private func reply(
    _ attempt: VaultAttempt,
    from address: VaultAddress
  ) throws(KeySourceError) -> VaultReply {
    guard case .answered(let response) = attempt,
      let body = VaultBody(response.body.isEmpty ? Array("{}".utf8) : response.body)
    else {
      throw KeySourceError(
        .unavailable,
        "what answers at \(address) is not Vault: \(attempt.problem); check the address, and "
          + "any proxy in front of it"
      )
    }
    return VaultReply(status: response.status, body: body, address: address)
  }

  private func surrender(_ problems: [Int: String], retryAfter: Duration?) -> KeySourceError {
    if let retryAfter { state.withLock { $0.pausedUntil = clock.now() + retryAfter } }
    let reasons = addresses.indices.compactMap { number in
      problems[number].map { "\(addresses[number]): \($0)" }
    }
    return KeySourceError(
      .unavailable,
      "Vault cannot answer now (\(reasons.joined(separator: "; "))); see that it is up and "
        + "unsealed, and that the address is right"
    )
  }

  /// Keeps away from a cluster for as long as it asked for.
  private func checkPause() throws(KeySourceError) {
    let now = clock.now()
    guard let until = state.withLock({ $0.pausedUntil }), until > now else { return }
    let seconds = (until - now).components.seconds + 1
    throw KeySourceError(
      .unavailable,
      "Vault at \(addresses[0]) limits the rate of requests, and asked to be left alone for "
        + "another \(seconds) s; it will be asked again then"
    )
  }
}
