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
}
