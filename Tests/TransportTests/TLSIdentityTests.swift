import Foundation
import TestSupport
import Testing
import Transport

/// Who the client says it is, and who it takes the server for.
@Suite(
  .enabled(if: NginxServer.isInstalled, "needs nginx with its lua module, and openssl"),
  .timeLimit(.minutes(10))
)
struct TLSIdentityTests {
  private static let who = """
    location /who {
      return 200 "$ssl_client_verify $ssl_client_s_dn|$ssl_server_name|$http_host|$server_protocol";
    }
    """
  private static let strict = "ssl_client_certificate ca.pem; ssl_verify_client on;\n" + who

  private func configuration(
    of server: NginxServer,
    _ change: (inout CurlTransport.Configuration) -> Void
  ) -> CurlTransport.Configuration {
    var configuration = CurlTransport.Configuration(caFile: server.caFile)
    change(&configuration)
    return configuration
  }

  @Test(arguments: [Route.Versions.onlyHTTP1, .upToHTTP2])
  func `a client certificate is shown to a server that asks for one`(
    versions: Route.Versions
  ) async throws {
    let server = try NginxServer(locations: Self.strict)
    let shown = configuration(of: server) {
      $0.route.versions = versions
      $0.route.clientCertificate = server.authority.certificateFile
      $0.route.clientKey = server.authority.keyFile
    }
    try await withTransport(shown) { transport in
      let response = try await transport.send(.get(server.tlsURL + "/who"))
      #expect(response.text.hasPrefix("SUCCESS CN=127.0.0.1|"))
    }
  }

  @Test func `one file may hold the certificate and its key`() async throws {
    let server = try NginxServer(locations: Self.strict)
    let both = server.caFile + ".both"
    let parts = [server.authority.certificateFile, server.authority.keyFile]
    try parts.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
      .write(toFile: both, atomically: true, encoding: .utf8)
    try await withTransport(configuration(of: server) { $0.route.clientCertificate = both }) {
      let response = try await $0.send(.get(server.tlsURL + "/who"))
      #expect(response.text.hasPrefix("SUCCESS "))
    }
  }

  @Test func `without a certificate such a server refuses`() async throws {
    let server = try NginxServer(locations: Self.strict)
    try await withTransport(configuration(of: server) { _ in }) { transport in
      let response = try await transport.send(.get(server.tlsURL + "/who"))
      #expect(response.status == 400)
      #expect(response.text.contains("No required SSL certificate was sent"))
    }
  }

  @Test func `an encrypted client key is refused instead of asking the terminal`() async throws {
    let server = try NginxServer(locations: Self.strict)
    let locked = server.caFile + ".locked"
    let key = server.authority.keyFile
    let cipher = ["-aes256", "-passout", "pass:unknown"]
    try Tool.run("openssl", ["ec", "-in", key, "-out", locked] + cipher)
    let shown = configuration(of: server) {
      $0.route.clientCertificate = server.authority.certificateFile
      $0.route.clientKey = locked
    }
    try await withTransport(shown) { transport in
      let error = try #require(await transport.failure(of: .get(server.tlsURL + "/who")))
      #expect(error.code == .tls)
      #expect(error.message.contains(locked), "\(error)")
      #expect(!error.requestMayHaveLeft)
    }
  }

  @Test(arguments: [Route.Versions.onlyHTTP1, .upToHTTP2])
  func `the server is asked for the given name and the request for the URL's host`(
    versions: Route.Versions
  ) async throws {
    let server = try NginxServer(locations: Self.who)
    let named = configuration(of: server) {
      $0.route.versions = versions
      $0.route.serverName = "localhost"
    }
    // Every name under "localhost" resolves, but the certificate names only "localhost" itself.
    let url = server.tlsURL.replacing("127.0.0.1", with: "other.localhost")
    let host = url.replacing("https://", with: "")
    let version = versions == .onlyHTTP1 ? "HTTP/1.1" : "HTTP/2.0"
    try await withTransport(named) { transport in
      for _ in 1...2 {
        let response = try await transport.send(.get(url + "/who"))
        #expect(response.text == "NONE |localhost|\(host)|\(version)")
      }
    }
  }

  @Test func `a server without the given name is refused before anything is sent`() async throws {
    let server = try NginxServer(locations: Self.who)
    try await withTransport(configuration(of: server) { $0.route.serverName = "vault.example" }) {
      let error = try #require(await $0.failure(of: .get(server.tlsURL + "/who")))
      #expect(error.code == .untrusted)
      #expect(error.message.contains("vault.example"), "\(error)")
      #expect(!error.requestMayHaveLeft)
    }
  }

  @Test func `a server name changes nothing without TLS`() async throws {
    let server = try NginxServer(locations: Self.who)
    try await withTransport(configuration(of: server) { $0.route.serverName = "vault.example" }) {
      let response = try await $0.send(.get(server.url + "/who"))
      #expect(response.text == " ||\(server.url.replacing("http://", with: ""))|HTTP/1.1")
    }
  }

  @Test func `what cannot be used is refused at the start, by name`() {
    func problem(_ change: (inout CurlTransport.Configuration) -> Void) -> String {
      var configuration = CurlTransport.Configuration()
      change(&configuration)
      let error = #expect(throws: TransportError.self) { try CurlTransport(configuration) }
      #expect(error?.code == .setup)
      return error?.message ?? ""
    }
    #expect(problem { $0.route.clientCertificate = "/none.pem" }.contains("certificate /none.pem"))
    #expect(problem { $0.route.clientKey = "/none.key" }.contains("client key /none.key"))
    #expect(problem { $0.route.clientKey = #filePath }.contains("without the client certificate"))
    #expect(problem { $0.route.serverName = "two words" }.contains(#""two words""#))
    #expect(problem { $0.route.serverName = "" }.contains("not a host name"))
  }
}
