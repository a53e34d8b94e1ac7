import Foundation
import Secrets
import TestSupport
import Testing
import Transport

/// Each way out, against servers that nobody here wrote.
@Suite(
  .enabled(
    if: NginxServer.hasStreams && ProxyServer.hasTinyproxy && ProxyServer.hasMicrosocks,
    "needs nginx with its modules, openssl, tinyproxy and microsocks"
  ),
  .timeLimit(.minutes(10))
)
struct RouteTests {
  private static let who = """
    location /who { return 200 "$host $ssl_session_reused $server_protocol $connection"; }
    location /late { content_by_lua_block { ngx.sleep(0.2) ngx.print(ngx.var.connection) } }
    """

  private func login(_ user: String, _ password: String) -> ProxyLogin {
    ProxyLogin(
      user: Secret(copying: Array(user.utf8).span),
      password: Secret(copying: Array(password.utf8).span)
    )
  }

  private func request(
    _ url: String,
    by route: RouteHandle,
    _ headers: RequestHeaders? = nil
  ) throws -> HTTPRequest {
    var request = try HTTPRequest.get(url)
    if let headers { request.headers = headers }
    request.route = route
    return request
  }

  /// The error of a request that must not succeed.
  private func failure(
    _ transport: CurlTransport,
    _ url: String,
    by route: RouteHandle,
    _ headers: RequestHeaders? = nil
  ) async throws -> TransportError? {
    await transport.failure(of: try request(url, by: route, headers))
  }

  @Test(arguments: ["http", "socks5", "socks5h"])
  func `a proxy with a login lets those through who have it, and nobody goes around it`(
    scheme: String
  ) async throws {
    let server = try NginxServer(locations: Self.who)
    let proxy =
      scheme == "http"
      ? try ProxyServer.tinyproxy(user: "night", password: "jar")
      : try ProxyServer.microsocks(user: "night", password: "jar")
    let address = try Route.Proxy("\(scheme)://127.0.0.1:\(proxy.port)")
    let route = Route(.proxy(address), caFile: server.caFile)
    try await withTransport { transport in
      let known = RouteHandle(route, login: login("night", "jar"))
      let url = server.tlsURL + "/who"
      #expect(try await transport.send(request(url, by: known)).text.hasPrefix("127.0.0.1 "))
      let stranger = RouteHandle(route, login: login("night", "jay"))
      let refused = try await failure(transport, url, by: stranger)
      #expect(refused?.code == .proxyRefused, "\(refused?.message ?? "")")
      proxy.stop()
      let down = try await failure(transport, url, by: RouteHandle(route))
      #expect(down?.requestMayHaveLeft == false)
    }
  }

  @Test func `an https proxy is trusted by its own authority, the server by its own`() async throws
  {
    let server = try NginxServer(locations: Self.who)
    let proxy = try ProxyServer.tinyproxy()
    let port = try FreePort.find()
    let front = try NginxServer(
      locations: "",
      streams: """
        server { listen 127.0.0.1:\(port) ssl; proxy_pass 127.0.0.1:\(proxy.port);
        ssl_certificate server.pem; ssl_certificate_key server.key; }
        """
    )
    func route(_ caFile: String, _ proxyCAFile: String) throws -> RouteHandle {
      let proxy = try Route.Proxy("https://127.0.0.1:\(port)", caFile: proxyCAFile)
      return RouteHandle(Route(.proxy(proxy), caFile: caFile))
    }
    try await withTransport { transport in
      let url = server.tlsURL + "/who"
      let right = try request(url, by: route(server.caFile, front.caFile))
      #expect(try await transport.send(right).status == 200)
      for (own, proxys) in [
        (front.caFile, front.caFile), (server.caFile, server.caFile), (front.caFile, server.caFile),
      ] {
        let wrong = try request(url, by: route(own, proxys))
        let error = try #require(await transport.failure(of: wrong))
        // Within the TLS of a proxy, libcurl 7.88 takes a server that is not trusted for one that breaks
        // off.
        let isProxys = proxys != front.caFile
        #expect(error.code == (isProxys ? .untrusted : .handshake) || error.code == .untrusted)
        #expect(error.message.contains("it is the proxy's") == isProxys, "\(error)")
        #expect(error.message.contains("--ca-file names the authority") != isProxys, "\(error)")
        #expect(!error.requestMayHaveLeft)
      }
    }
  }

  @Test func `a line leads elsewhere, and the names stay`() async throws {
    let server = try NginxServer(locations: Self.who)
    let port = server.tlsURL.split(separator: ":").last ?? ""
    let way = try #require(Route.Way(connectTo: "127.0.0.1:\(port)"))
    try await withTransport { transport in
      let line = RouteHandle(Route(way, caFile: server.caFile))
      let response = try await transport.send(request("https://localhost/who", by: line))
      #expect(response.text.hasPrefix("localhost "))
      let wrong = try await failure(transport, "https://provider.example/who", by: line)
      #expect(wrong?.code == .untrusted)
      var resolved = Route(caFile: server.caFile)
      resolved.addresses = ["localhost": "127.0.0.1"]
      let url = "https://localhost:\(port)/who"
      #expect(try await transport.send(request(url, by: RouteHandle(resolved))).status == 200)
      resolved.addresses = ["localhost": "127.0.0.2"]
      resolved.interface = "127.0.0.1"
      #expect(try await failure(transport, url, by: RouteHandle(resolved)) != nil)
    }
  }

  @Test func `a unix socket is a way too`() async throws {
    let path = NSTemporaryDirectory() + "nightjar-\(UUID().uuidString.prefix(8)).sock"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let server = try NginxServer(locations: "listen unix:\(path);\n" + Self.who)
    try await withTransport { transport in
      let socket = RouteHandle(Route(.unix(path)))
      let first = try await transport.send(request("http://localhost:1/who", by: socket)).text
      #expect(first.hasPrefix("localhost "))
      #expect(try await transport.send(request("http://localhost:1/who", by: socket)).text == first)
      _ = server
    }
  }

  @Test func `routes share no connection, no TLS session and no trust`() async throws {
    let server = try NginxServer(locations: Self.who)
    let stranger = try NginxServer(locations: "")
    try await withTransport { transport in
      let url = server.tlsURL + "/who"
      let headers = try RequestHeaders()
      func text(_ route: RouteHandle) async throws -> [Substring] {
        try await transport.send(request(url, by: route, headers)).text.split(separator: " ")
      }
      let (one, two) = (
        RouteHandle(Route(caFile: server.caFile)), RouteHandle(Route(caFile: server.caFile))
      )
      let (first, again, other) = (try await text(one), try await text(one), try await text(two))
      #expect(first[3] == again[3])
      #expect(first[3] != other[3] && other[1] == ".")
      let wary = RouteHandle(Route(caFile: stranger.caFile))
      #expect(try await failure(transport, url, by: wary, headers)?.code == .untrusted)
    }
  }

  @Test func `only the pinned key is spoken to`() async throws {
    let server = try NginxServer(locations: Self.who)
    let key = try Tool.output(
      "bash",
      [
        "-c",
        "openssl x509 -pubkey -noout -in \(server.authority.certificateFile) "
          + "| openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64",
      ]
    )
    var route = Route(caFile: server.caFile)
    route.pin = "sha256//" + key.trimmingCharacters(in: .whitespacesAndNewlines)
    try route.check()
    let right = RouteHandle(route)
    route.pin = "sha256//" + String(repeating: "A", count: 43) + "="
    let wrong = RouteHandle(route)
    try await withTransport { transport in
      let url = server.tlsURL + "/who"
      let response = try await transport.send(request(url, by: right))
      #expect(response.status == 200)
      let error = try await failure(transport, url, by: wrong)
      #expect(error?.code == .untrusted)
    }
  }

  @Test func `no more requests share a connection than the route says`() async throws {
    let server = try NginxServer(locations: Self.who)
    var route = Route(caFile: server.caFile)
    route.streamsPerConnection = 5
    let handle = RouteHandle(route)
    try await withTransport { transport in
      let headers = try RequestHeaders()
      let connections = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<30 {
          let request = try request(server.tlsURL + "/late", by: handle, headers)
          group.addTask { try await transport.send(request).text }
        }
        return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
      }
      #expect(connections.values.allSatisfy { $0 <= 5 }, "\(connections)")
    }
  }
}

struct RouteValueTests {
  @Test(arguments: [
    ("http://proxy:3128", "http://proxy:3128"), ("proxy:3128", "http://proxy:3128"),
    ("HTTPS://Proxy.Example:443/", "https://proxy.example:443"),
    ("socks5h://[::1]:1080", "socks5h://[::1]:1080"),
  ])
  func `a proxy is read`(text: String, url: String) throws {
    #expect(try Route.Proxy(text).url == url)
  }

  @Test(arguments: ["", "proxy", "http://proxy", "ftp://proxy:1", "http://proxy:1/path", "a b:1"])
  func `what is none is refused`(text: String) {
    #expect(throws: WebAddress.Fault.notAnAddress) { try Route.Proxy(text) }
  }

  @Test func `a password in the address of a proxy is told as such`() {
    #expect(throws: WebAddress.Fault.holdsUser) { try Route.Proxy("http://u:p@proxy:1") }
  }

  // As curl 7.88.1 answers with the same list in NO_PROXY.
  @Test(arguments: [
    ("example.com", "example.com", true), ("example.com", "api.example.com", true),
    ("example.com", "badexample.com", false), (".example.com", "example.com", true),
    ("a.example.com", "example.com", false), ("*", "anything", true), ("", "example.com", false),
    ("b.org, 10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.1.2.3", false),
    ("192.168.1.128/25", "192.168.1.127", false), ("192.168.1.128/25", "192.168.1.200", true),
    ("127.0.0.1", "127.0.0.1", true), ("fe80::/10", "[fe80::1]", true), ("::1", "[::1]", true),
    ("10.0.0.0/99", "10.0.0.1", false), ("example.com.", "example.com", true),
    ("EXAMPLE.com", "example.com", true), ("0.0.0.0/0", "9.9.9.9", true),
  ])
  func `hosts are excepted as curl does`(list: String, host: String, isExcepted: Bool) {
    #expect(ProxyExceptions(list).cover(host) == isExcepted)
  }

  @Test func `what cannot be used is said before anything is sent`() {
    func problem(_ change: (inout Route) -> Void) -> String {
      var route = Route()
      change(&route)
      return #expect(throws: TransportError.self) { try route.check() }?.message ?? ""
    }
    #expect(problem { $0.pin = "sha256//short" }.contains("pinned key"))
    let proxy = Route.Proxy(url: "https://proxy:1", caFile: "/none.pem")
    #expect(problem { $0.way = .proxy(proxy) }.contains("CA file /none.pem"))
  }
}
