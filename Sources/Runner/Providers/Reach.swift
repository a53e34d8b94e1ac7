package import Transport

/// How an endpoint is reached: by which routes, and how its connections are made on each of them.
package struct Reach: Sendable, Hashable {
  /// In what order the routes of one endpoint are taken.
  package enum Order: String, Sendable, Hashable, CaseIterable {
    /// The one with less to do, of two at random.
    case balanced
    /// The first that works.
    case listed
  }

  /// Names of routes; empty for the usual one.
  package var routes: [String] = []
  package var order = Order.balanced
  /// What is the same on each of them: TLS, HTTP, the network.
  package var settings = Route()
  /// The line of the job file where it stands; nil where nothing does.
  package var line: Int?

  package init() {}

  /// The route of this endpoint by a way.
  ///
  /// - Parameter caFile: whom to trust where the endpoint does not say.
  package func route(by way: Route.Way, caFile: String?) -> Route {
    var route = settings
    route.way = way
    route.caFile = settings.caFile ?? caFile
    return route
  }
}
