import KeySources
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(10)), .needsOpenBao, .serialized)
struct VaultOutageTests {
  /// A user who does not wait for a server to recover.
  private func hurried(_ server: OpenBaoServer) throws -> VaultUser {
    var user = try VaultUser(of: server)
    user.settings.retries = 0
    user.settings.timeout = .seconds(10)
    return user
  }

  @Test func `a sealed server is an outage, and is read again once it is unsealed`() async throws {
    let server = try OpenBaoServer()
    defer { server.stop() }
    let source = try hurried(server).source("secret/llm")
    try server.put("llm", ["key": "sk-1"])
    #expect(try await source.values() == ["sk-1"])
    try server.seal()
    let problem = try await source.problem()
    #expect(problem.kind == .unavailable)
    #expect(problem.description.contains("it is sealed"))
    try server.unseal()
    #expect(try await source.values() == ["sk-1"])
  }

  @Test func `a server that was killed is an outage, and its token is good afterwards`()
    async throws
  {
    let server = try OpenBaoServer()
    defer { server.stop() }
    let source = try hurried(server).source("secret/llm")
    try server.put("llm", ["key": "sk-1"])
    #expect(try await source.values() == ["sk-1"])
    server.kill()
    let problem = try await source.problem()
    #expect(problem.kind == .unavailable)
    #expect(problem.description.contains(server.url))
    try server.launch()
    #expect(try await source.problem().description.contains("it is sealed"))
    try server.unseal()
    #expect(try await source.values() == ["sk-1"])
  }

  @Test func `a first login during an outage is an outage too`() async throws {
    let server = try OpenBaoServer()
    defer { server.stop() }
    try server.seal()
    #expect(try await hurried(server).source("secret/llm").problem().kind == .unavailable)
  }

  @Test func `another address serves when the first cannot`() async throws {
    let server = try OpenBaoServer()
    defer { server.stop() }
    try server.put("llm", ["key": "sk-1"])
    var user = try hurried(server)
    user.settings.addresses.insert("http://127.0.0.1:\(try FreePort.find())", at: 0)
    #expect(try await user.values("secret/llm") == ["sk-1"])
  }

  @Test func `a rate limit is waited out for as long as the server says`() async throws {
    let server = try OpenBaoServer()
    defer { server.stop() }
    try server.put("llm", ["key": "sk-1"])
    var user = try VaultUser(of: server)
    user.settings.retries = 2
    let source = try user.source("secret/llm")
    try server.limitRate(to: 1, each: "1s")
    let start = ContinuousClock.now
    #expect(try await source.values() == ["sk-1"])
    #expect(ContinuousClock.now - start >= .seconds(1))
  }

  @Test func `a rate limit that lasts too long is an outage, and nothing is sent until its end`()
    async throws
  {
    let server = try OpenBaoServer()
    defer { server.stop() }
    try server.put("llm", ["key": "sk-1"])
    let client = CountingClient(try CurlTransport())
    let time = VaultTime()
    var user = try VaultUser(of: server)
    user.settings.timeout = .seconds(30)
    let vault = try Vault(user.settings, client: client, clock: time.clock)
    let source = vault.source(path: "secret/llm", field: "key")
    #expect(try await source.values() == ["sk-1"])
    try server.limitRate(to: 1, each: "10m")
    #expect(try await source.fetch(unless: "1") == nil)
    #expect(try await source.problem().kind == .unavailable)
    let sent = client.count
    let problem = try await source.problem()
    #expect(problem.kind == .unavailable)
    #expect(problem.description.contains("limits the rate"))
    #expect(client.count == sent)
    await vault.close()
    await client.transport.shutdown()
  }

  // MARK: - A cluster

  @Test func `a standby serves, and its dead leader is an outage until it is back`() async throws {
    let leader = try OpenBaoServer(storage: .raft(with: nil))
    defer { leader.stop() }
    let standby = try OpenBaoServer(storage: .raft(with: leader))
    defer { standby.stop() }
    try leader.put("llm", ["key": "sk-1"])
    #expect(standby.health == 429)
    var user = try hurried(leader)
    user.settings.addresses = [standby.url, leader.url]
    let client = CountingClient(try CurlTransport())
    let vault = try Vault(user.settings, client: client)
    let source = vault.source(path: "secret/llm", field: "key")
    #expect(try await source.values() == ["sk-1"])
    #expect(client.statuses == Array(repeating: 200, count: client.count))

    leader.kill()
    let problem = try await source.problem()
    #expect(problem.kind == .unavailable)
    #expect(problem.description.contains(standby.url))
    #expect(problem.description.contains(leader.url))
    #expect(client.statuses.last == 307)

    try leader.restart()
    try leader.wait("to lead") { leader.health == 200 }
    #expect(try await source.values() == ["sk-1"])
    await vault.close()
    await client.transport.shutdown()
  }
}

extension OpenBaoServer {
  fileprivate func limitRate(to rate: Int, each interval: String) throws {
    try call("POST", "sys/quotas/config", ["enable_rate_limit_response_headers": true]).checked()
    try call("POST", "sys/quotas/rate-limit/slow", ["rate": rate, "interval": interval]).checked()
  }
}
