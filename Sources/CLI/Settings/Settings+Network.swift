import Runner

extension Settings {
  /// Refuses endpoints that what is sent reaches in the clear, unless their host is allowed by name.
  ///
  /// - Parameter place: the job file, where it names them.
  /// - Throws: ``CLIError``.
  static func check(
    _ endpoints: [Endpoint],
    allowingHTTP hosts: [String],
    at place: String?
  ) throws {
    let allowed = Set(hosts.map { $0.lowercased() })
    guard let endpoint = endpoints.first(where: { $0.isExposed && !allowed.contains($0.host) })
    else { return }
    throw CLIError(
      "\(endpoint) is not encrypted: every machine on the way would see the prompts, the answers "
        + "and the key",
      at: place,
      next: "write https://, or, for a server on a network of your own, --allow-http "
        + "\(endpoint.host) (`allow_http: [\(endpoint.host)]` in the job file)",
      exitCode: place == nil ? 64 : 78
    )
  }

  /// Refuses a proxy that would see a key, and one whose own password others could see.
  ///
  /// Through a proxy an `https://` endpoint is reached by a tunnel; what goes to an `http://` one
  /// would be handed to the proxy as it is.
  ///
  /// - Throws: ``CLIError``.
  static func check(proxy: String?, for endpoints: [Endpoint]) throws {
    guard let proxy else { return }
    guard !proxy.contains("@") else {
      throw CLIError(
        "a password of a proxy is never given on the command line, where every user of the "
          + "machine can read it",
        next: "leave user name and password out: --proxy http://host:port",
        exitCode: 64
      )
    }
    if let endpoint = endpoints.first(where: { $0.url.hasPrefix("http:") }) {
      throw CLIError(
        "the proxy would be sent keys for \(endpoint) in the clear",
        next: "leave --proxy out: an http:// endpoint is on this machine or on a network of yours",
        exitCode: 64
      )
    }
  }
}
