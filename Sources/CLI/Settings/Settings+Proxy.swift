import Runner

extension Settings {
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
        next: "leave --proxy out: an http:// endpoint is on this machine and needs none",
        exitCode: 64
      )
    }
  }
}
