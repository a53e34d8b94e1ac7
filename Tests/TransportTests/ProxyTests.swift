import TestSupport
import Testing
import Transport

/// What a proxy says, and what is never taken for it.
@Suite(.timeLimit(.minutes(10)))
struct ProxyTests {
  private static let never = """
    location /never { content_by_lua_block { ngx.sleep(60) } }
    location /who { return 200 "$http_proxy_authorization|$server_protocol"; }
    """

  /// The error of a request by way of a proxy that answers CONNECT so.
  private func failure(
    through answer: String,
    then next: @escaping @Sendable (RawConnection) -> Void = { $0.waitForClose() }
  ) async throws -> (error: TransportError, requests: [String]) {
    let proxy = try RawServer { connection in
      connection.readRequest()
      connection.write("HTTP/1.1 \(answer)\r\nContent-Length: 0\r\n\r\n")
      next(connection)
    }
    defer { proxy.stop() }
    return try await withTransport(.init(proxy: proxy.url)) { transport in
      let headers = try RequestHeaders([("X-Key", "canary")])
      let request = HTTPRequest(
        url: "https://provider.invalid/v1",
        headers: headers,
        body: [1, 2, 3],
        deadlines: .short
      )
      return (try #require(await transport.failure(of: request)), proxy.requests)
    }
  }

  @Test(
    .enabled(
      if: NginxServer.isInstalled && ProxyServer.hasTinyproxy,
      "needs nginx, openssl and tinyproxy"
    )
  )
  func `an answer through a proxy may take as long as one without`() async throws {
    let server = try NginxServer(locations: Self.never)
    let proxy = try ProxyServer.tinyproxy()
    var deadlines = Deadlines.short
    deadlines.stall = .milliseconds(50)
    deadlines.firstByte = .milliseconds(400)
    let configuration = CurlTransport.Configuration(
      caFile: server.caFile,
      proxy: "http://127.0.0.1:\(proxy.port)"
    )
    try await withTransport(configuration) { transport in
      let slow = try HTTPRequest.get(server.tlsURL + "/never", deadlines: deadlines)
      #expect(await transport.failure(of: slow)?.code == .firstByteTimeout)
      let quick = try await transport.send(.get(server.tlsURL + "/who"))
      #expect(quick.text == "|HTTP/2.0")
    }
  }

  @Test(arguments: [401, 403, 407, 502])
  func `what a proxy answers is said as the proxy's, and nothing of the request reaches it`(
    status: Int
  ) async throws {
    let (error, requests) = try await failure(through: "\(status) No")
    #expect(error.code == .proxyRefused)
    #expect(!error.requestMayHaveLeft)
    #expect(error.partial == nil)
    #expect(error.message.contains("the proxy 127.0.0.1:"), "\(error)")
    #expect(error.message.contains("answers \(status)"), "\(error)")
    #expect(requests.count == 1 && requests[0].hasPrefix("CONNECT provider.invalid:443 "))
    #expect(!requests[0].contains("canary"))
  }

  @Test func `a proxy that is down is named`() async throws {
    let port = try FreePort.find()
    try await withTransport(.init(proxy: "http://127.0.0.1:\(port)")) { transport in
      let error = try #require(await transport.failure(of: .get("https://provider.invalid/")))
      #expect(error.code == .connect)
      #expect(error.message.contains("refused by the proxy 127.0.0.1:\(port)"), "\(error)")
    }
  }

  @Test(arguments: [false, true])
  func `a handshake that breaks is told from one that cannot be`(isReset: Bool) async throws {
    let breakOff: @Sendable (RawConnection) -> Void = { connection in
      _ = connection.readSome()
      if isReset { connection.reset() }
    }
    let server = try RawServer(breakOff)
    defer { server.stop() }
    try await withTransport { transport in
      let url = "https://127.0.0.1:\(server.port)/"
      let error = try #require(await transport.failure(of: .get(url)))
      #expect(error.code == .handshake, "\(error)")
      #expect(!error.requestMayHaveLeft)
    }
    let (error, _) = try await failure(through: "200 OK", then: breakOff)
    #expect(error.code == .handshake, "\(error)")
    let plain = try RawServer { connection in
      _ = connection.readSome()
      connection.write("HTTP/1.1 400 Bad Request\r\n\r\n")
    }
    defer { plain.stop() }
    try await withTransport { transport in
      let request = try HTTPRequest.get("https://127.0.0.1:\(plain.port)/")
      #expect(await transport.failure(of: request)?.code == .tls)
    }
  }

  @Test(
    .enabled(
      if: NginxServer.isInstalled && ProxyServer.hasMicrosocks,
      "needs nginx, openssl and microsocks"
    )
  )
  func `a SOCKS proxy that refuses is no failure of the provider`() async throws {
    let server = try NginxServer(locations: Self.never)
    let proxy = try ProxyServer.microsocks(user: "night", password: "jar")
    let configuration = CurlTransport.Configuration(
      caFile: server.caFile,
      proxy: "socks5h://127.0.0.1:\(proxy.port)"
    )
    try await withTransport(configuration) { transport in
      let error = try #require(await transport.failure(of: .get(server.tlsURL + "/who")))
      #expect(error.code == .proxyRefused, "\(error)")
      #expect(error.message.contains("user name and password"), "\(error)")
      #expect(!error.requestMayHaveLeft)
    }
  }

  @Test func `a proxy that breaks off is named`() async throws {
    let proxy = try RawServer { $0.readRequest() }
    defer { proxy.stop() }
    try await withTransport(.init(proxy: proxy.url)) { transport in
      let error = try #require(await transport.failure(of: .get("https://provider.invalid/")))
      #expect(error.code == .connect)
      #expect(error.message.contains("by the proxy 127.0.0.1:\(proxy.port)"), "\(error)")
    }
  }

  @Test func `a proxy that says nothing is named`() async throws {
    let proxy = try RawServer { $0.waitForClose() }
    defer { proxy.stop() }
    var deadlines = Deadlines.short
    deadlines.connect = .milliseconds(80)
    let request = try HTTPRequest.get("https://provider.invalid/", deadlines: deadlines)
    try await withTransport(.init(proxy: proxy.url)) { transport in
      let error = try #require(await transport.failure(of: request))
      #expect(error.code == .connectTimeout)
      #expect(error.message.contains("the proxy 127.0.0.1:\(proxy.port)"), "\(error)")
    }
  }
}

/// Which deadline watches when.
@Suite(.timeLimit(.minutes(10)))
struct SignOfLifeTests {
  private func failure(
    answering text: String,
    _ request: HTTPRequest,
    _ configuration: CurlTransport.Configuration = .init()
  ) async throws -> TransportError.Code? {
    var request = request
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write(text)
      connection.waitForClose()
    }
    defer { server.stop() }
    request.url = server.url
    return try await withTransport(configuration) { await $0.failure(of: request)?.code }
  }

  @Test(arguments: [
    ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", TransportError.Code.firstByteTimeout),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", .firstByteTimeout),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\n \r\n", .firstByteTimeout),
    ("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-", .stall),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\n\n{", .stall),
  ])
  func `signs of life before an answer are not its beginning`(
    text: String,
    code: TransportError.Code
  ) async throws {
    var deadlines = Deadlines.short
    deadlines.stall = .milliseconds(50)
    deadlines.firstByte = .milliseconds(400)
    let request = try HTTPRequest.get("", deadlines: deadlines)
    #expect(try await failure(answering: text, request) == code)
  }

  @Test func `a path that takes nothing is dead, which is no deadline of ours`() async throws {
    let server = try RawServer { $0.waitWithoutReading() }
    defer { server.stop() }
    var configuration = CurlTransport.Configuration()
    configuration.route.pathTimeout = .milliseconds(500)
    try await withTransport(configuration) { transport in
      var request = try HTTPRequest.post(server.url, "")
      request.body = [UInt8](repeating: 0x20, count: 32 << 20)[...]
      let error = try #require(await transport.failure(of: request))
      #expect(error.code == .deadPath, "\(error)")
      #expect(error.requestMayHaveLeft)
    }
  }
}
