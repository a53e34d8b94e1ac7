import KeySources
import TestSupport
import Testing

/// What stands between nightjar and Vault, and does not speak for it.
@Suite(.timeLimit(.minutes(10)), .needsOpenBao, SharedOpenBao())
struct VaultProxyTests {
  private let server: OpenBaoServer

  init() throws {
    server = try SharedOpenBao.server
    try server.put("proxied", ["key": "sk-1"])
  }

  private func answering(_ head: String, _ body: String = "") throws -> RawServer {
    try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      }
    }
  }

  private func user(at urls: String...) throws -> VaultUser {
    var user = try VaultUser(of: server)
    user.settings.addresses = urls
    user.settings.retries = 0
    return user
  }

  @Test(arguments: ["200 OK", "403 Forbidden", "404 Not Found", "502 Bad Gateway"])
  func `a page of a proxy is an outage, whatever its status, and is not shown`(status: String)
    async throws
  {
    let proxy = try answering(status, "<html>canary</html>")
    defer { proxy.stop() }
    let problem = try await user(at: proxy.url).source("secret/proxied").problem()
    #expect(problem.kind == .unavailable)
    #expect(problem.description.contains("not Vault's JSON"))
    #expect(!problem.description.contains("canary"))
  }

  @Test func `a redirect to another of the addresses is followed`() async throws {
    let standby = try answering("307 Temporary Redirect\r\nLocation: \(server.url)/v1/elsewhere")
    defer { standby.stop() }
    let user = try user(at: standby.url, server.url)
    #expect(try await user.values("secret/proxied") == ["sk-1"])
  }

  @Test func `a redirect to a stranger is not followed, and the stranger sees nothing`()
    async throws
  {
    let trap = try answering("200 OK", "{}")
    defer { trap.stop() }
    let liar = try answering("307 Temporary Redirect\r\nLocation: \(trap.url)v1/secret")
    defer { liar.stop() }
    let problem = try await user(at: liar.url).source("secret/proxied").problem()
    #expect(problem.kind == .unavailable)
    #expect(problem.description.contains("redirects"))
    #expect(trap.connectionCount == 0)
  }

  @Test func `says who it is, and hands its token over in one field only`() async throws {
    let proxy = try answering("503 Service Unavailable")
    defer { proxy.stop() }
    var user = try user(at: proxy.url)
    user.settings.namespace = "team"
    user.settings.userAgent = "nightjar/1.2.3"
    _ = try await user.source("secret/proxied").problem()
    let request = try #require(proxy.requests.first)
    #expect(request.contains("User-Agent: nightjar/1.2.3\r\n"))
    #expect(request.contains("X-Vault-Request: true\r\n"))
    #expect(request.contains("X-Vault-Namespace: team\r\n"))
    #expect(request.contains("Authorization: Bearer \(server.rootToken)\r\n"))
    #expect(request.ranges(of: server.rootToken).count == 1)
  }

  @Test func `tells a standby what it has seen of the cluster, until that is not understood`()
    async throws
  {
    let proxy = try RawServer { connection in
      while let request = connection.readRequest() {
        let body = #"{"errors":[]}"#
        let status = request.contains("X-Vault-Index: bad") ? "400 Bad Request" : "404 Not Found"
        connection.write(
          "HTTP/1.1 \(status)\r\nX-Vault-Index: bad\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            + body
        )
      }
    }
    defer { proxy.stop() }
    #expect(try await user(at: proxy.url).source("secret/proxied").problem().kind == .gone)
    #expect(proxy.requests.contains { $0.contains("X-Vault-Index: bad") })
  }
}
