extension Route.Proxy {
  /// The kinds of proxy that there are, as their URLs begin.
  package static let schemes = ["http", "https", "socks5", "socks5h"]

  /// Reads the address of a proxy, `http://` where it names no kind.
  ///
  /// - Throws: a ``WebAddress/Fault`` for anything but `scheme://host:port`.
  package init(_ text: String, caFile: String? = nil) throws(WebAddress.Fault) {
    let mark = text.firstRange(of: "://")
    let scheme = mark.map { text[..<$0.lowerBound].lowercased() } ?? "http"
    let rest = mark.map { text[$0.upperBound...] } ?? text[...]
    let address = try WebAddress("http://" + rest)
    guard Self.schemes.contains(scheme), let port = address.port, ["", "/"].contains(address.path)
    else { throw .notAnAddress }
    self.init(url: "\(scheme)://\(address.host):\(port)", caFile: caFile)
  }
}

extension Route.Proxy {
  /// The kinds in words.
  package static var schemeList: String {
    schemes.dropLast().map { $0 + "://" }.joined(separator: ", ") + " or \(schemes.last ?? "")://"
  }
}

extension Route.Way {
  /// A line to `host:port`; nil for anything else.
  package init?(connectTo text: String) {
    guard let address = try? WebAddress("http://" + text), let port = address.port,
      address.path.isEmpty
    else { return nil }
    self = .line(to: "\(address.host):\(port)")
  }
}
