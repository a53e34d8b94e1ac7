/// Where a server of Vault or OpenBao answers: `https://host[:port][/prefix]`.
package struct VaultAddress: Sendable, Hashable, CustomStringConvertible {
  /// Scheme, host and port in lower case, without a port that is the scheme's own (RFC 6454).
  let origin: String
  /// A path in front of Vault's own, without a slash at its end; usually empty.
  private let prefix: String

  package var description: String { origin + prefix }

  /// Reads an address.
  ///
  /// - Parameters:
  ///   - text: what the user wrote.
  ///   - isProxied: whether requests go through a proxy, which would see what is not encrypted.
  /// - Throws: ``KeySourceError`` of kind `usage` for anything but `https://`, or `http://` on a
  ///   loopback host. The text is not repeated: it may hold a password.
  package init(_ text: String, isProxied: Bool) throws(KeySourceError) {
    guard let (origin, path) = Self.split(text), !text.utf8.contains(where: Self.isMisplaced) else {
      throw KeySourceError(
        .usage,
        text.hasPrefix("unix://")
          ? "an address of Vault is a unix socket, which nightjar cannot use; let the agent listen "
            + "on 127.0.0.1 and give its http:// address"
          : "an address of Vault is not written like https://vault.example.com:8200, without user "
            + "name, query or spaces; check VAULT_ADDR or 'addresses:' in the job file"
      )
    }
    guard origin.hasPrefix("https:") || (Self.isLoopback(origin) && !isProxied) else {
      throw KeySourceError(
        .usage,
        "\(origin) would carry the token of Vault in the clear; use https://, http:// is for an "
          + "agent or a server on loopback only, and not through a proxy"
      )
    }
    self.origin = origin
    prefix = path.split(separator: "/").map { "/\($0)" }.joined()
  }

  /// The URL of an API path, such as `secret/metadata/llm`.
  package func url(of path: String) -> String { "\(self)/v1/\(path)" }

  /// Whether the target of a redirect lies here: same scheme, host and port.
  package func hasOrigin(of location: String) -> Bool {
    Self.split(location)?.origin == origin
  }

  private static func split(_ text: String) -> (origin: String, path: Substring)? {
    guard let mark = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<mark.lowerBound].lowercased()
    let rest = text[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard scheme == "https" || scheme == "http", !authority.isEmpty, !authority.contains("@") else {
      return nil
    }
    var host = authority.lowercased()
    let port = scheme == "https" ? ":443" : ":80"
    if host.hasSuffix(port) { host.removeLast(port.count) }
    return ("\(scheme)://\(host)", rest.dropFirst(authority.count))
  }

  private static func isMisplaced(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte >= 0x7F || "?#@\\\"<>%".utf8.contains(byte)
  }

  /// Whether an origin is on this machine: 127.0.0.0/8, ::1 or localhost.
  private static func isLoopback(_ origin: String) -> Bool {
    let host = origin.dropFirst("http://".count)
    if host == "[::1]" || host.hasPrefix("[::1]:") { return true }
    let name = host.prefix { $0 != ":" }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return name == "localhost"
      || parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
