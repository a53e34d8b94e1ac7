import TestSupport
import Testing
import Transport

/// Against a server that nobody here wrote.
@Suite(
  .enabled(if: NginxServer.isInstalled, "needs nginx with its lua module, and openssl"),
  .timeLimit(.minutes(10))
)
struct NginxTests {
  private static let locations = """
    location /echo { content_by_lua_block { ngx.req.read_body() ngx.print(ngx.req.get_body_data()) } }
    location /late {
      content_by_lua_block {
        ngx.req.read_body()
        ngx.sleep(0.2)
        ngx.header["X-Connection"] = ngx.var.connection
        ngx.header["X-Protocol"] = ngx.var.server_protocol
        ngx.print(ngx.req.get_body_data())
      }
    }
    location /zipped {
      gzip on; gzip_types *; gzip_min_length 1;
      content_by_lua_block { ngx.print(string.rep("nightjar ", 10000)) }
    }
    location /cut {
      content_by_lua_block {
        ngx.header["Content-Length"] = 1000
        ngx.print("short") ngx.flush(true) ngx.exit(499)
      }
    }
    """

  @Test(arguments: [false, true])
  func `a thousand requests at once each get their own answer`(_ tls: Bool) async throws {
    let server = try NginxServer(locations: Self.locations)
    try await withTransport(.init(caFile: server.caFile)) { transport in
      let url = (tls ? server.tlsURL : server.url) + "/echo"
      try await withThrowingTaskGroup { group in
        for id in 1...1000 {
          let text = "request \(id) " + String(repeating: "\(id % 10)", count: id)
          let request = try HTTPRequest.post(url, text)
          group.addTask { (text, try await transport.send(request)) }
        }
        for try await (text, response) in group {
          #expect(response.text == text)
          #expect(response.version == (tls ? .http2 : .http1))
        }
      }
    }
  }

  @Test func `many requests share few connections over HTTP/2`() async throws {
    let server = try NginxServer(locations: Self.locations)
    try await withTransport(.init(caFile: server.caFile)) { transport in
      let answers = try await answers(transport, server.tlsURL + "/late", count: 300)
      #expect(answers.allSatisfy { $0.header("x-protocol") == "HTTP/2.0" })
      #expect(Set(answers.map { $0.header("x-connection") }).count <= 4)
    }
  }

  @Test func `HTTP/1.1 has a connection for each request under way and uses it again`()
    async throws
  {
    let server = try NginxServer(locations: Self.locations)
    var configuration = CurlTransport.Configuration(caFile: server.caFile)
    configuration.route.versions = .onlyHTTP1
    try await withTransport(configuration) { transport in
      let first = try await answers(transport, server.tlsURL + "/late", count: 50)
      let second = try await answers(transport, server.tlsURL + "/late", count: 50)
      #expect((first + second).allSatisfy { $0.header("x-protocol") == "HTTP/1.1" })
      #expect(Set(first.map { $0.header("x-connection") }).count == 50)
      #expect(Set((first + second).map { $0.header("x-connection") }).count == 50)
    }
  }

  @Test func `an unknown authority is refused before anything is sent`() async throws {
    let server = try NginxServer(locations: Self.locations)
    try await withTransport { transport in
      let request = try HTTPRequest.post(server.tlsURL + "/echo", "secret")
      let error = try #require(await transport.failure(of: request))
      #expect(error.code == .untrusted)
      #expect(!error.requestMayHaveLeft)
      #expect(error.message.contains("certificate"))
    }
  }

  @Test func `a certificate for another host is refused`() async throws {
    let server = try NginxServer(locations: Self.locations)
    try await withTransport(.init(caFile: server.caFile)) { transport in
      // Every name under "localhost" resolves, but the certificate names only "localhost" itself.
      let url = server.tlsURL.replacing("127.0.0.1", with: "other.localhost")
      let error = try #require(await transport.failure(of: .post(url + "/echo", "secret")))
      #expect(error.code == .untrusted, "\(error)")
      #expect(!error.requestMayHaveLeft)
    }
  }

  @Test func `a CA file that cannot be read is refused at the start`() {
    let error = #expect(throws: TransportError.self) {
      try CurlTransport(.init(caFile: "/nonexistent/ca.pem"))
    }
    #expect(error?.code == .setup)
    #expect(error?.message.contains("/nonexistent/ca.pem") == true)
  }

  @Test func `a compressed response arrives decompressed`() async throws {
    let server = try NginxServer(locations: Self.locations)
    try await withTransport { transport in
      let response = try await transport.send(.get(server.url + "/zipped"))
      #expect(response.header("content-encoding") == "gzip")
      #expect(response.text == String(repeating: "nightjar ", count: 10_000))
    }
  }

  @Test func `a stream that is reset in mid-body is an error`() async throws {
    let server = try NginxServer(locations: Self.locations)
    try await withTransport(.init(caFile: server.caFile)) { transport in
      let cut = try #require(await transport.failure(of: .get(server.tlsURL + "/cut")))
      #expect([.connectionLost, .truncated].contains(cut.code), "\(cut)")
    }
  }

  private func answers(
    _ transport: CurlTransport,
    _ url: String,
    count: Int
  ) async throws -> [HTTPResponse] {
    try await withThrowingTaskGroup { group in
      for id in 1...count {
        let request = try HTTPRequest.post(url, "\(id)")
        group.addTask { try await transport.send(request) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}
