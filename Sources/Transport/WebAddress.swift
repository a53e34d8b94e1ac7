/// The parts of `scheme://host[:port][/path][?query]` (RFC 3986) of an `http` or `https` URL.
package struct WebAddress: Sendable, Hashable {
  /// What such an address must not hold.
  package enum Fault: Error, Sendable, Equatable {
    case notAnAddress
    /// A user name or password, which the place where it stands would show.
    case holdsUser
    /// A query or fragment, where none belongs.
    case holdsQuery
  }

  /// `http` or `https`.
  package let scheme: String
  /// In lower case, an IPv6 address in brackets; this machine where it says every address of it, as
  /// servers print theirs.
  package let host: String
  /// Nil where none is named.
  package let port: Int?
  /// From the slash after the host on, as it was written; empty where there is none.
  package let path: String

  /// - Parameter allowsQuery: whether a query may follow, which ``path`` leaves out.
  package init(_ text: String, allowsQuery: Bool = false) throws(Fault) {
    guard let mark = text.firstRange(of: "://"),
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw .notAnAddress }
    scheme = text[..<mark.lowerBound].lowercased()
    let rest = text[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let tail = rest.dropFirst(authority.count)
    guard !authority.contains("@") else { throw .holdsUser }
    guard allowsQuery || !tail.contains(where: { $0 == "?" || $0 == "#" }) else {
      throw .holdsQuery
    }
    guard scheme == "https" || scheme == "http", let (host, port) = Self.parts(of: authority)
    else { throw .notAnAddress }
    self.host = host
    self.port = port
    path = String(tail.prefix { $0 != "?" && $0 != "#" })
  }

  /// Scheme, host and port, without a port that is the scheme's own (RFC 6454).
  package var origin: String {
    let own = scheme == "https" ? 443 : 80
    return "\(scheme)://\(host)" + (port.flatMap { $0 == own ? nil : ":\($0)" } ?? "")
  }

  package var isEncrypted: Bool { scheme == "https" }

  /// Whether what is sent there stays on this machine: 127.0.0.0/8, ::1 or localhost.
  package var isLoopback: Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { $0.utf8.allSatisfy(isDigit) && UInt8($0) != nil }
  }

  private static func parts(of authority: Substring) -> (host: String, port: Int?)? {
    let end =
      authority.hasPrefix("[")
      ? authority.firstIndex(of: "]").map(authority.index(after:)) : authority.firstIndex(of: ":")
    let name = authority[..<(end ?? authority.endIndex)].lowercased()
    let host = ["0.0.0.0": "127.0.0.1", "[::]": "[::1]"][name] ?? name
    guard isHost(host) else { return nil }
    let tail = authority[(end ?? authority.endIndex)...]
    guard !tail.isEmpty else { return (host, nil) }
    guard tail.hasPrefix(":"), tail.dropFirst().utf8.allSatisfy(isDigit),
      let port = Int(tail.dropFirst()), (1...65_535).contains(port)
    else { return nil }
    return (host, port)
  }

  private static func isHost(_ host: String) -> Bool {
    if host.hasPrefix("[") {
      return host.utf8.count > 4 && host.hasSuffix("]")
        && host.utf8.dropFirst().dropLast().allSatisfy { isHexDigit($0) || ":.".utf8.contains($0) }
    }
    return !host.isEmpty && host.utf8.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
  }
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

private func isHexDigit(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26
}
