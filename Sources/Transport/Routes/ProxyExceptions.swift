internal import Glibc

/// Hosts that are reached without a proxy, as curl reads `NO_PROXY`: names with all that is below them,
/// addresses, networks such as `10.0.0.0/8`, and `*` for every host.
package struct ProxyExceptions: Sendable, Hashable {
  /// Names and addresses of this machine.
  package static let loopback = ProxyExceptions("localhost, 127.0.0.0/8, ::1")

  private var entries: [String]

  /// - Parameter list: entries with commas or blanks between them.
  package init(_ list: String = "") {
    entries = list.lowercased().split { $0 == "," || $0.isWhitespace }.map(String.init)
  }

  package mutating func add(_ others: ProxyExceptions) { entries += others.entries }

  /// - Parameter host: in lower case, an IPv6 address in brackets.
  package func cover(_ host: String) -> Bool {
    let host = Self.bare(host)
    let address = Self.bytes(of: host)
    return entries.contains { entry in
      if entry == "*" { return true }
      if let address { return Self.network(entry, holds: address) }
      let name = Self.bare(entry).drop { $0 == "." }
      return !name.isEmpty && (host == name || host.hasSuffix("." + name))
    }
  }

  /// Whether a text is an IP address, an IPv6 address without brackets.
  package static func isAddress(_ text: String) -> Bool { bytes(of: text) != nil }

  /// Without the brackets of an address, or the period at the end of a name.
  private static func bare(_ host: String) -> String {
    if host.hasPrefix("["), host.hasSuffix("]") { return String(host.dropFirst().dropLast()) }
    return host.hasSuffix(".") ? String(host.dropLast()) : host
  }

  private static func network(_ entry: String, holds address: [UInt8]) -> Bool {
    let parts = entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let network = parts.first.flatMap({ bytes(of: bare(String($0))) }),
      network.count == address.count
    else { return false }
    let all = address.count * 8
    guard let length = parts.count == 1 ? all : Int(parts[1]), (0...all).contains(length) else {
      return false
    }
    let isAlike = network.prefix(length / 8) == address.prefix(length / 8)
    guard isAlike, length % 8 > 0 else { return isAlike }
    let mask = ~UInt8(0) << (8 - length % 8)
    return network[length / 8] & mask == address[length / 8] & mask
  }

  /// The 4 or 16 bytes of an IP address; nil for anything else.
  private static func bytes(of text: String) -> [UInt8]? {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if unsafe inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
  }
}
