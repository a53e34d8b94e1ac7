import KeySources
import Runner
import Transport

/// By which ways endpoints are reached: what flags, job file and environment say, resolved.
struct RouteBook: Sendable {
  /// One way to one endpoint.
  struct Way: Sendable {
    let route: JobFile.NamedRoute
    /// All that its connections need, but for a login.
    let settings: Route
  }

  /// The ways that the job file names.
  let named: [JobFile.NamedRoute]
  /// The way that flags state for all endpoints.
  let stated: JobFile.NamedRoute?
  /// The way of endpoints that name none.
  let usual: JobFile.NamedRoute
  /// Whom to trust where an endpoint does not say.
  let caFile: String?
  /// The login in the address of a proxy that the environment names.
  let login: ProxyLogin?
  /// What messages about the job file name.
  let place: String?

  /// The ways to an endpoint, at least one.
  func ways(to endpoint: Endpoint) -> [Way] {
    let own = endpoint.reach.routes.compactMap { name in
      ([.direct] + named).first { $0.name == name }
    }
    let routes = stated.map { [$0] } ?? (own.isEmpty ? [usual] : own)
    return routes.map { route in
      let route = route.exceptions.cover(endpoint.host) ? .direct : route
      return Way(route: route, settings: endpoint.reach.route(by: route.way, caFile: caFile))
    }
  }

  /// Refuses what cannot work, or would show a key to others, before anything is sent.
  ///
  /// - Throws: ``CLIError`` with the line of the job file where it is to be mended there.
  func check(_ endpoint: Endpoint) throws {
    for way in ways(to: endpoint) {
      let fault = fault(of: way, to: endpoint)
      if let fault { throw error(fault.what, next: fault.next, endpoint) }
      do throws(TransportError) {
        try way.settings.check()
      } catch {
        let parts = error.message.split(separator: "; ", maxSplits: 1).map(String.init)
        throw self.error(parts[0], next: parts.count > 1 ? parts[1] : nil, endpoint, exitCode: 78)
      }
    }
  }

  private func error(
    _ what: String,
    next: String?,
    _ endpoint: Endpoint,
    exitCode: Int32? = nil
  ) -> CLIError {
    let line = endpoint.reach.line.flatMap { line in place.map { "\($0):\(line)" } }
    let isFlags = stated != nil || line == nil
    return CLIError(what, at: line, next: next, exitCode: exitCode ?? (isFlags ? 64 : 78))
  }

  private func fault(of way: Way, to endpoint: Endpoint) -> (what: String, next: String)? {
    let (name, settings) = (way.route.name, way.settings)
    if !endpoint.isEncrypted {
      if case .proxy = settings.way {
        return (
          "the proxy would be sent keys for \(endpoint) in the clear",
          "leave the proxy out, or give the endpoint `routes: direct`: what is http:// is on this "
            + "machine or on a network of yours"
        )
      }
      if case .line(let address) = settings.way, !isLoopback(address), endpoint.isLoopback {
        return (
          "requests to \(endpoint) would leave this machine for \(address) in the clear",
          "write https://"
        )
      }
      if endpoint.reach.settings.hasTLS {
        return ("`tls` is set for \(endpoint), which is reached without it", "write https://")
      }
    }
    switch settings.way {
    case .proxy where !settings.addresses.isEmpty:
      return ("`resolve` says nothing to the proxy of `\(name)`", "leave one of them out")
    case .line where !settings.addresses.isEmpty:
      return ("both `resolve` and the route `\(name)` say where to connect", "keep one")
    case .unix
    where settings.addressFamily != nil || settings.interface != nil
      || !settings.addresses.isEmpty:
      return ("`network` is not for the route `\(name)`, a unix socket", "leave one of them out")
    default: return nil
    }
  }

  private func isLoopback(_ address: String) -> Bool {
    (try? WebAddress("http://" + address))?.isLoopback == true
  }
}
