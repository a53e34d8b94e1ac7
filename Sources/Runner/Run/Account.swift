package import KeySources
import Synchronization
import Transport

/// One set of rate limits with the keys and endpoints that share them.
package final class Account: Sendable {
  /// Leave for one request to one endpoint with one key.
  package struct Permit: Sendable {
    package let account: Account
    package let endpoint: Int
    package let cost: Cost
    package let key: Key
    package let sentAt: ContinuousClock.Instant

    /// Where the request goes.
    package var address: Endpoint { account.endpoints[endpoint] }
  }

  package let name: String
  package let keyring: Keyring
  package let endpoints: [Endpoint]
  private let provider: any Provider
  let state: Mutex<AccountState>
  private let headers = Mutex<(version: String, headers: RequestHeaders)?>(nil)

  package init(
    name: String,
    keyring: Keyring,
    endpoints: [Endpoint],
    provider: any Provider,
    pacer: Pacer
  ) {
    self.name = name
    self.keyring = keyring
    self.endpoints = endpoints
    self.provider = provider
    state = Mutex(AccountState(pacer: pacer, endpoints: endpoints.count))
  }

  /// The header fields of requests with `key`, made once for each of its versions.
  func headers(for key: Key) throws(TransportError) -> RequestHeaders {
    try headers.withLock { cached throws(TransportError) in
      if let cached, cached.version == key.version { return cached.headers }
      let fields = provider.headers
      let credential = provider.credentialHeader
      let made = try key.withSecret { secret throws(TransportError) in
        try RequestHeaders(
          fields,
          credential: secret,
          name: credential.name,
          prefix: credential.prefix
        )
      }
      cached = (key.version, made)
      return made
    }
  }
}
