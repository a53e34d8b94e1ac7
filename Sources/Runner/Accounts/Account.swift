package import KeySources
import Synchronization
package import Transport

/// One set of rate limits with the keys and endpoints that share them.
package final class Account: Sendable {
  package let name: String
  package let keyring: Keyring
  package let endpoints: [Endpoint]
  /// The routes to each endpoint; empty for the client's usual one.
  private let routes: [[RouteHandle]]
  /// What it serves, and under which names.
  package let models: ModelMap
  /// Where data may go, however its endpoints came to be.
  package let regions: AllowedRegions
  /// How it stands when the run begins.
  package let initial: AccountState
  private let provider: any Provider
  /// The header fields of requests by their key and what they say otherwise.
  private let headers = Mutex<[HeaderKind: RequestHeaders]>([:])

  private struct HeaderKind: Hashable {
    let generation: Int
    let field: HeaderField?
  }

  package init(
    name: String,
    keyring: Keyring,
    endpoints: [Endpoint],
    routes: [[RouteHandle]] = [],
    models: ModelMap = ModelMap(),
    regions: AllowedRegions = .all,
    provider: any Provider,
    state: AccountState
  ) {
    self.name = name
    self.keyring = keyring
    self.endpoints = endpoints
    self.routes = routes
    self.models = models
    self.regions = regions
    self.provider = provider
    initial = state
  }

  /// The route that a request takes from its place; nil for the client's usual one.
  func route(at place: EndpointBalancer.Place) -> RouteHandle? {
    routes.isEmpty ? nil : routes[place.endpoint][place.route]
  }

  /// The header fields of requests with a key, made once for each of its values.
  ///
  /// - Parameter field: takes the place of the provider's own; the same for all prompts of a run.
  func headers(
    for lease: KeyLease,
    with field: HeaderField?
  ) throws(TransportError) -> RequestHeaders {
    let kind = HeaderKind(generation: lease.generation, field: field)
    return try headers.withLock { cached throws(TransportError) in
      if let known = cached[kind] { return known }
      let made = try provider.headers(provider.headers(with: field), with: lease.key)
      cached[kind] = made
      return made
    }
  }

  /// Heeds what happens to a key: one that drains has its idle connections closed, and with its
  /// last request the others close and its header fields are wiped.
  func heed(_ event: KeyEvent) {
    guard let generation = event.generation else { return }
    func made() -> [HeaderKind: RequestHeaders] {
      headers.withLock { $0.filter { $0.key.generation == generation } }
    }
    switch event.kind {
    case .draining: for fields in made().values { fields.retire() }
    case .retired:
      let forgotten = made()
      headers.withLock { headers in for kind in forgotten.keys { headers[kind] = nil } }
      for fields in forgotten.values { fields.retire() }
    default: break
    }
  }
}
