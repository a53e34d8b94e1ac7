import KeySources
import Runner
import Secrets
import Transport

// The way out.
extension StatedSettings {
  /// - Throws: ``CLIError`` for flags that cannot be, or not together.
  func routes() throws -> RouteBook {
    let flags = options.provider
    let stated = [
      ("--proxy", flags.proxy), ("--route", flags.route), ("--connect-to", flags.connectTo),
    ]
    let given = stated.filter { $0.1 != nil }.map(\.0)
    guard given.count < 2 else {
      throw CLIError.usage(
        "\(given.joined(separator: " and ")) name two ways for the same requests",
        next: "keep one"
      )
    }
    let proxy = try flags.proxy.map(proxy)
    return RouteBook(
      named: file.routes,
      stated: try proxy?.route ?? flags.route.map(named) ?? flags.connectTo.map(line),
      usual: file.proxy.map { JobFile.NamedRoute("proxy", .proxy($0)) } ?? .direct,
      caFile: flags.caFile ?? file.caFile,
      login: proxy?.login,
      place: place
    )
  }

  private func named(_ name: String) throws -> JobFile.NamedRoute {
    let known = [.direct] + file.routes
    if let route = known.first(where: { $0.name == name }) { return route }
    throw CLIError(
      "there is no route \(name)",
      at: place,
      next: "name one of \(known.map(\.name).joined(separator: ", ")), or add it to `routes` in "
        + "the job file",
      exitCode: 64
    )
  }

  private func line(_ address: String) throws -> JobFile.NamedRoute {
    guard let way = Route.Way(connectTo: address) else {
      throw CLIError.usage("--connect-to is no host and port", next: "write it as host:port")
    }
    return JobFile.NamedRoute("connect-to", way)
  }

  private func proxy(_ text: String) throws -> (route: JobFile.NamedRoute, login: ProxyLogin?) {
    if text == "env" { return try customaryProxy() }
    do throws(WebAddress.Fault) {
      return (JobFile.NamedRoute("proxy", .proxy(try Route.Proxy(text))), nil)
    } catch {
      guard error == .holdsUser else { throw noProxy("--proxy") }
      throw CLIError(
        "a password of a proxy is never given on the command line, where every user of the "
          + "machine can read it",
        next: "leave user name and password out: --proxy http://host:port, or name a route of a "
          + "job file that refers to them",
        exitCode: 64
      )
    }
  }

  private func noProxy(_ origin: String) -> CLIError {
    CLIError.usage(
      "\(origin) is not the URL of a proxy",
      next: "write host and port, as in http://proxy.example:3128; it may be of "
        + Route.Proxy.schemeList
    )
  }

  /// The proxy that the environment names, as curl reads it; this machine is reached without.
  private func customaryProxy() throws -> (route: JobFile.NamedRoute, login: ProxyLogin?) {
    guard let name = CustomaryProxy.variable(in: variable), let text = variable(name) else {
      throw CLIError.usage(
        "--proxy env is the proxy of HTTPS_PROXY or ALL_PROXY, and neither is set",
        next: "set one of them, or name the proxy: --proxy http://host:port"
      )
    }
    let address = text.replacing(/^([A-Za-z0-9+.-]+:\/\/)?[^\/@]*@/) { $0.output.1 ?? "" }
    guard let proxy = try? Route.Proxy(address) else { throw noProxy(name) }
    var route = JobFile.NamedRoute("proxy", .proxy(proxy))
    route.exceptions = .loopback
    let exempt = variable("no_proxy") ?? variable("NO_PROXY")
    if let exempt { route.exceptions.add(ProxyExceptions(exempt)) }
    return (route, Self.login(in: text))
  }

  /// The user name and password of a URL (RFC 3986 section 3.2.1).
  private static func login(in url: String) -> ProxyLogin? {
    let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
    guard let end = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@") else { return nil }
    let parts = rest[..<end].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    return ProxyLogin(user: decoded(parts[0]), password: decoded(parts.count > 1 ? parts[1] : ""))
  }

  /// What stands behind percent signs, decoded (RFC 3986 section 2.1).
  private static func decoded(_ part: Substring) -> Secret {
    Secret(capacity: part.utf8.count) { room in
      var rest = part.utf8[...]
      while let byte = rest.popFirst() {
        let digits = String(Substring(rest.prefix(2)))
        if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
          room.append(value)
          rest = rest.dropFirst(2)
        } else {
          room.append(byte)
        }
      }
    }
  }
}
