/// A way out of here, and how to go it: by which proxy or line, whom to trust, who to be, in which
/// version of HTTP.
///
/// Connections, addresses, TLS sessions and trust are those of one route; see ``RouteHandle``.
package struct Route: Sendable, Hashable {
  /// By what a connection to the server is made.
  package enum Way: Sendable, Hashable {
    /// As the system's own routing has it.
    case direct
    case proxy(Proxy)
    /// To another host and port, `host:port`; the name in TLS and in the request stays the URL's.
    case line(to: String)
    /// Through the unix socket of this path.
    case unix(String)
  }

  /// A proxy, without its login.
  package struct Proxy: Sendable, Hashable {
    /// `http://`, `https://`, `socks5://` or `socks5h://`, with host and port.
    package var url: String
    /// A PEM file with the certificates that an `https://` proxy is trusted by; nil for the system's.
    package var caFile: String?

    package init(url: String, caFile: String? = nil) {
      self.url = url
      self.caFile = caFile
    }

    package var isEncrypted: Bool { url.lowercased().hasPrefix("https:") }
    /// Host and port.
    var authority: String { EasyHandle.authority(of: url) }
  }

  /// Which protocol versions may be negotiated.
  package enum Versions: Sendable, Hashable {
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
    case upToHTTP2
    case onlyHTTP1
  }

  /// The versions of IP.
  package enum AddressFamily: Sendable, Hashable {
    case ipv4
    case ipv6
  }

  package var way: Way
  /// A PEM file with the certificates to trust instead of the system's.
  package var caFile: String?
  /// A PEM file with the certificate, and the chain up to an authority, that this client shows.
  package var clientCertificate: String?
  /// A PEM file with the private key of ``clientCertificate``; nil where that file holds both.
  package var clientKey: String?
  /// The name that the server's certificate must bear, and is asked for, instead of the URL's host (RFC
  /// 6066 section 3).
  package var serverName: String?
  /// `sha256//` and the hash in base64 of each public key that the server may have, with `;` between
  /// them; nil for any that is trusted.
  package var pin: String?
  package var versions = Versions.upToHTTP2
  /// How many requests share a connection in HTTP/2; nil for as many as the server allows.
  package var streamsPerConnection: Int?
  /// The family of addresses that is used; nil for either.
  package var addressFamily: AddressFamily?
  /// The interface, by name or address, from which connections leave; nil for the system's choice.
  package var interface: String?
  /// Addresses of hosts, in place of what the resolver says.
  package var addresses: [String: String] = [:]
  /// How long what was sent may go without any sign of having arrived, until the connection is given
  /// up; `TCP_USER_TIMEOUT` of tcp(7).
  package var pathTimeout = Duration.seconds(30)

  package init(_ way: Way = .direct, caFile: String? = nil) {
    self.way = way
    self.caFile = caFile
  }

  /// Whether anything is said of TLS.
  package var hasTLS: Bool { caFile != nil || clientCertificate != nil || pin != nil }

  var proxy: Proxy? {
    if case .proxy(let proxy) = way { return proxy }
    return nil
  }

  /// Whether the certificates to trust are read here, once, and not by libcurl for each connection.
  ///
  /// A proxy may have a certificate too, for which they are not meant.
  var readsTrust: Bool { proxy?.isEncrypted != true }

  /// Where connections go instead of where URLs say, as `CURLOPT_CONNECT_TO` reads it.
  var connections: [String] {
    if case .line(let address) = way { return ["::\(address)"] }
    return addresses.sorted { $0.key < $1.key }.map { host, address in
      "\(host)::\(address.contains(":") ? "[\(address)]" : address):"
    }
  }
}
