import Jobs
import KeySources
import Runner
import Transport

/// The routes of a run, each made once, with its login fetched.
struct RouteHandles {
  private let book: RouteBook
  private var made: [RouteHandle] = []

  init(_ book: RouteBook) {
    self.book = book
  }

  /// Those of each endpoint.
  ///
  /// - Throws: ``KeySourceError`` where a login cannot be had.
  mutating func handles(
    to endpoints: [Endpoint],
    from sources: KeySources
  ) async throws -> [[RouteHandle]] {
    var handles: [[RouteHandle]] = []
    for endpoint in endpoints {
      var ways: [RouteHandle] = []
      for way in book.ways(to: endpoint) { ways.append(try await handle(way, from: sources)) }
      handles.append(ways)
    }
    return handles
  }

  private mutating func handle(
    _ way: RouteBook.Way,
    from sources: KeySources
  ) async throws -> RouteHandle {
    let name = way.route.name
    var settings = way.settings
    // Over HTTP/2, answers for which there is no room cannot be held up one by one.
    if AllowedMemory.isLittle { settings.versions = .onlyHTTP1 }
    if let known = made.first(where: { $0.name == name && $0.route == settings }) {
      return known
    }
    var login = book.login
    if let user = way.route.user, let password = way.route.password {
      let (user, password) = (
        try await Self.value(of: user, from: sources),
        try await Self.value(of: password, from: sources)
      )
      login = user.withSecret { user in
        password.withSecret { ProxyLogin(user: user, password: $0) }
      }
    }
    if case .proxy = settings.way {} else { login = nil }
    let handle = RouteHandle(settings, name: name, login: login)
    made.append(handle)
    return handle
  }

  private static func value(
    of reference: KeyReference,
    from sources: KeySources
  ) async throws -> Key {
    guard let key = try await sources.source(for: reference).fetch(unless: nil)?.first else {
      throw KeySourceError(.denied, "\(reference) has no value; put the proxy's login there")
    }
    return key
  }
}
