import Transport

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
    guard let address = try? WebAddress(text), !address.path.utf8.contains(where: Self.isMisplaced)
    else {
      throw KeySourceError(
        .usage,
        text.hasPrefix("unix://")
          ? "an address of Vault is a unix socket, which nightjar cannot use; let the agent listen "
            + "on 127.0.0.1 and give its http:// address"
          : "an address of Vault is not written like https://vault.example.com:8200, without user "
            + "name, query or spaces; check VAULT_ADDR or 'addresses:' in the job file"
      )
    }
    origin = address.origin
    guard address.isEncrypted || (address.isLoopback && !isProxied) else {
      throw KeySourceError(
        .usage,
        "\(origin) would carry the token of Vault in the clear; use https://, http:// is for an "
          + "agent or a server on loopback only, and not through a proxy"
      )
    }
    prefix = address.path.split(separator: "/").map { "/\($0)" }.joined()
  }

  /// The URL of an API path, such as `secret/metadata/llm`.
  package func url(of path: String) -> String { "\(self)/v1/\(path)" }

  /// Whether the target of a redirect lies here: same scheme, host and port.
  package func hasOrigin(of location: String) -> Bool {
    (try? WebAddress(location, allowsQuery: true))?.origin == origin
  }

  private static func isMisplaced(_ byte: UInt8) -> Bool { "@\\\"<>%".utf8.contains(byte) }
}
