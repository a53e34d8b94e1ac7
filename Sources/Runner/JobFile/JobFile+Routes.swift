package import KeySources
package import Transport
import Yams

extension JobFile {
  /// A way out as it is stated: named, and without what its references lead to.
  package struct NamedRoute: Sendable, Equatable {
    package var name: String
    package var way: Route.Way
    /// Where the login of a proxy is; both or neither.
    package var user: KeyReference?
    package var password: KeyReference?
    /// Hosts that are reached directly all the same.
    package var exceptions = ProxyExceptions()

    package init(_ name: String, _ way: Route.Way) {
      self.name = name
      self.way = way
    }

    /// The way that there is without any setting.
    package static let direct = NamedRoute("direct", .direct)
  }

  /// The routes that the file names.
  static func routes(
    _ fields: YAMLFields,
    _ paths: PathBase
  ) throws(JobFileError) -> [NamedRoute] {
    guard let node = fields["routes"] else { return [] }
    guard let mapping = node.mapping else {
      throw fields.error(
        "`routes` must name each route, like `office: {proxy: \"http://proxy.example:3128\"}`",
        at: node
      )
    }
    var routes: [NamedRoute] = []
    for (key, value) in mapping {
      let name = key.scalar?.string ?? ""
      guard !name.isEmpty, name != NamedRoute.direct.name else {
        throw fields.error(
          "`direct` is the way without any of these, and always there; name this route otherwise",
          at: key
        )
      }
      routes.append(try route(name, value, fields.file, paths))
    }
    return routes
  }

  private static let kinds = ["proxy", "connect_to", "unix"]

  private static func route(
    _ name: String,
    _ node: Node,
    _ file: String,
    _ paths: PathBase
  ) throws(JobFileError) -> NamedRoute {
    let fields = try YAMLFields(
      node,
      known: kinds + ["user", "password", "ca_file", "no_proxy"],
      of: "the route `\(name)`",
      in: file
    )
    let stated = kinds.filter { fields[$0] != nil }
    guard stated.count == 1 else {
      throw fields.error(
        "the route `\(name)` must be one of `proxy`, `connect_to` and `unix`"
          + (stated.isEmpty ? "" : ", and is \(stated.joined(separator: " and "))"),
        at: node
      )
    }
    if stated == ["proxy"] { return try proxied(name, fields, node, paths) }
    for other in ["user", "password", "ca_file", "no_proxy"] where fields[other] != nil {
      throw fields.error("`\(other)` is for a route by `proxy`", at: fields[other])
    }
    if let path = try fields.string("unix") { return NamedRoute(name, .unix(paths.resolve(path))) }
    guard let text = try fields.string("connect_to"), let way = Route.Way(connectTo: text) else {
      throw fields.error("`connect_to` must be host:port", at: fields["connect_to"])
    }
    return NamedRoute(name, way)
  }

  private static func proxied(
    _ name: String,
    _ fields: YAMLFields,
    _ node: Node,
    _ paths: PathBase
  ) throws(JobFileError) -> NamedRoute {
    var proxy = try proxy(fields.string("proxy") ?? "", fields)
    proxy.caFile = try fields.string("ca_file").map(paths.resolve)
    guard proxy.caFile == nil || proxy.isEncrypted else {
      throw fields.error("`ca_file` is for an https:// proxy", at: fields["ca_file"])
    }
    var route = NamedRoute(name, .proxy(proxy))
    (route.user, route.password) = (
      try keys(fields, "user", paths).first, try keys(fields, "password", paths).first
    )
    guard (route.user == nil) == (route.password == nil) else {
      throw fields.error("a login is `user` and `password`, each a key reference", at: node)
    }
    for (host, _) in try fields.strings("no_proxy") { route.exceptions.add(ProxyExceptions(host)) }
    return route
  }

  /// The address of a proxy.
  static func proxy(_ text: String, _ fields: YAMLFields) throws(JobFileError) -> Route.Proxy {
    do throws(WebAddress.Fault) {
      return try Route.Proxy(text)
    } catch {
      let node = fields["proxy"]
      guard error == .holdsUser else {
        throw fields.error(
          "`proxy` must be a URL with host and port, of \(Route.Proxy.schemeList)",
          at: node
        )
      }
      throw fields.error(
        "`proxy` holds a user name or password; a job file holds no secrets. A route names where "
          + "they are: `routes: {name: {proxy: …, user: env:NAME, password: env:NAME}}`",
        at: node
      )
    }
  }
}

// How one endpoint is reached.
extension JobFile {
  static let reachNames = [
    "routes", "order", "tls", "http", "streams_per_connection", "network",
  ]

  /// - Parameter known: the names of the routes that there are.
  static func reach(
    _ fields: YAMLFields,
    _ node: Node,
    among known: [String],
    _ paths: PathBase
  ) throws(JobFileError) -> Reach {
    var reach = Reach()
    guard reachNames.contains(where: { fields[$0] != nil }) else { return reach }
    reach.line = node.mark?.line
    for (name, node) in try fields.strings("routes") {
      guard known.contains(name) || name == NamedRoute.direct.name else {
        let hint = nearest(to: name, among: known).map { "; did you mean `\($0)`?" }
        throw fields.error("there is no route `\(name)` in `routes`\(hint ?? "")", at: node)
      }
      guard !reach.routes.contains(name) else {
        throw fields.error("the route `\(name)` is named twice", at: node)
      }
      reach.routes.append(name)
    }
    let order = try fields.word("order", among: Reach.Order.allCases.map(\.rawValue))
    guard order == nil || reach.routes.count > 1 else {
      throw fields.error("`order` is for an endpoint with several `routes`", at: fields["order"])
    }
    reach.order = order.flatMap(Reach.Order.init) ?? .balanced
    try readHTTP(fields, into: &reach.settings)
    try readTLS(fields, into: &reach.settings, paths)
    try readNetwork(fields, into: &reach.settings)
    return reach
  }

  private static func readHTTP(
    _ fields: YAMLFields,
    into route: inout Route
  ) throws(JobFileError) {
    let version = try fields.word("http", among: ["1.1", "2"])
    if version == "1.1" { route.versions = .onlyHTTP1 }
    route.streamsPerConnection = try fields.number("streams_per_connection", .streams)
    guard route.streamsPerConnection == nil || route.versions == .upToHTTP2 else {
      throw fields.error(
        "`streams_per_connection` is of HTTP/2, and `http` is 1.1",
        at: fields["streams_per_connection"]
      )
    }
  }

  private static func readTLS(
    _ fields: YAMLFields,
    into route: inout Route,
    _ paths: PathBase
  ) throws(JobFileError) {
    guard let node = fields["tls"] else { return }
    let tls = try YAMLFields(
      node,
      known: ["ca_file", "client_certificate", "client_key", "pin"],
      of: "`tls`",
      in: fields.file
    )
    route.caFile = try tls.string("ca_file").map(paths.resolve)
    route.clientCertificate = try tls.string("client_certificate").map(paths.resolve)
    route.clientKey = try tls.string("client_key").map(paths.resolve)
    let pins = try tls.strings("pin").map(\.text)
    route.pin = pins.isEmpty ? nil : pins.joined(separator: ";")
    guard route.clientKey == nil || route.clientCertificate != nil else {
      throw fields.error("`client_key` stands without `client_certificate`", at: tls["client_key"])
    }
  }

  private static func readNetwork(
    _ fields: YAMLFields,
    into route: inout Route
  ) throws(JobFileError) {
    guard let node = fields["network"] else { return }
    let network = try YAMLFields(
      node,
      known: ["ip", "interface", "resolve", "user_timeout"],
      of: "`network`",
      in: fields.file
    )
    route.addressFamily = try network.word("ip", among: ["4", "6"])
      .map { $0 == "4" ? .ipv4 : .ipv6 }
    route.interface = try network.string("interface")
    if let timeout = try network.number("user_timeout", .seconds) { route.pathTimeout = timeout }
    guard let resolve = network["resolve"] else { return }
    for (host, address) in resolve.mapping ?? [:] {
      guard let name = host.scalar?.string, let address = address.scalar?.string,
        ProxyExceptions.isAddress(address), Route.Way(connectTo: "\(name):1") != nil
      else { throw fields.error("`resolve` must give a host an IP address", at: host) }
      route.addresses[name] = address
    }
    guard !route.addresses.isEmpty else {
      throw fields.error(
        "`resolve` must give hosts their addresses: `{a.b: 10.0.0.1}`",
        at: resolve
      )
    }
  }
}
