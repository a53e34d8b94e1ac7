package import KeySources
import Synchronization
import Transport

/// One set of rate limits with the keys and endpoints that share them.
package final class Account: Sendable {
  package let name: String
  package let keyring: Keyring
  package let endpoints: [Endpoint]
  /// What it serves, and under which names.
  package let models: ModelMap
  /// Where data may go, however its endpoints came to be.
  package let regions: AllowedRegions
  /// How it stands when the run begins.
  package let initial: AccountState
  private let provider: any Provider
  /// The header fields of requests by the generation of their key.
  private let headers = Mutex<[Int: RequestHeaders]>([:])

  package init(
    name: String,
    keyring: Keyring,
    endpoints: [Endpoint],
    models: ModelMap = ModelMap(),
    regions: AllowedRegions = .all,
    provider: any Provider,
    state: AccountState
  ) {
    self.name = name
    self.keyring = keyring
    self.endpoints = endpoints
    self.models = models
    self.regions = regions
    self.provider = provider
    initial = state
  }

  /// The header fields of requests with a key, made once for each of its values.
  func headers(for lease: KeyLease) throws(TransportError) -> RequestHeaders {
    try headers.withLock { cached throws(TransportError) in
      if let known = cached[lease.generation] { return known }
      let made = try makeHeaders(with: lease.key)
      cached[lease.generation] = made
      return made
    }
  }

  private func makeHeaders(with key: Key) throws(TransportError) -> RequestHeaders {
    guard !key.isAbsent else { return try RequestHeaders(provider.headers) }
    let credential = provider.credentialHeader
    return try key.withSecret { secret throws(TransportError) in
      try RequestHeaders(
        provider.headers,
        credential: secret,
        name: credential.name,
        prefix: credential.prefix
      )
    }
  }

  /// Heeds what happens to a key: one that drains has its idle connections closed, and with its
  /// last request the others close and its header fields are wiped.
  func heed(_ event: KeyEvent) {
    guard let generation = event.generation else { return }
    switch event.kind {
    case .draining: headers.withLock { $0[generation] }?.retire()
    case .retired:
      let forgotten = headers.withLock { $0.removeValue(forKey: generation) }
      forgotten?.retire()
    default: break
    }
  }
}
