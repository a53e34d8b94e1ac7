/// An address at which AWS, or what stands in for it, is asked.
struct AWSEndpoint: Hashable, Sendable {
  /// The URL, without a slash at its end.
  let url: String
  let isEncrypted: Bool
  /// Without port, and without the brackets of IPv6.
  let host: String

  /// Takes a URL apart; nil for anything but `http://` and `https://` with a host and no user.
  init?(_ text: String) {
    let scheme = ["https://", "http://"].first { text.lowercased().hasPrefix($0) }
    guard let scheme, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { !"/?#".contains($0) }
    guard !authority.contains("@") else { return nil }
    let host: Substring
    if authority.hasPrefix("[") {
      host = authority.dropFirst().prefix { $0 != "]" }
    } else {
      host = authority.prefix { $0 != ":" }
    }
    guard !host.isEmpty else { return nil }
    self.host = host.lowercased()
    isEncrypted = scheme == "https://"
    url = text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// Whether what is sent there stays on this machine.
  var isLoopback: Bool {
    let isIPv4 = host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
    return host == "localhost" || host == "::1" || isIPv4
  }

  /// Whether it is the machine that this one runs on, which AWS reaches in clear at fixed addresses.
  var isMetadataService: Bool {
    ["169.254.170.2", "169.254.170.23", "fd00:ec2::23", "169.254.169.254", "fd00:ec2::254"]
      .contains(host)
  }
}
