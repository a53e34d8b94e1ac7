import KeySources
import TestSupport
import Testing
import Transport

@Suite(.needsOpenBao, .serialized)
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
    let source = try VaultUser(of: server).source("secret/llm")
    try server.limitRate(to: 1, each: "2s")
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
    _ = try await source.fetch(unless: nil)
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

  @Test func `a standby serves, and a change of leaders loses nothing`() async throws {
    let first = try OpenBaoServer(storage: .raft(with: nil))
    defer { first.stop() }
    let second = try OpenBaoServer(storage: .raft(with: first))
    defer { second.stop() }
    try first.put("llm", ["key": "sk-1"])
    #expect(second.health == 429)
    var user = try VaultUser(of: first)
    user.settings.addresses = [second.url, first.url]
    user.settings.retries = 5
    let source = try user.source("secret/llm")
    #expect(try await source.values() == ["sk-1"])

    try second.wait("to vote") {
      try first.call("GET", "sys/storage/raft/autopilot/state").strings("data", "voters").count == 2
    }
    try first.call("PUT", "sys/step-down").checked()
    try second.wait("to lead") {
      second.health == 200
    }
    #expect(try await source.values() == ["sk-1"])

    // Alone it leads no more, and sends its clients to a leader that is not there.
    second.kill()
    #expect(try await hurried(from: user).source("secret/llm").problem().kind == .unavailable)
    try second.restart()
    try first.wait("to have a leader") {
      [200, 429].contains(first.health) && first.leads(or: second)
    }
    #expect(try await source.values() == ["sk-1"])
  }

  private func hurried(from user: VaultUser) -> VaultUser {
    var user = user
    user.settings.retries = 0
    user.settings.timeout = .seconds(10)
    return user
  }
}

extension OpenBaoServer {
  fileprivate func limitRate(to rate: Int, each interval: String) throws {
    try call("POST", "sys/quotas/config", ["enable_rate_limit_response_headers": true]).checked()
    try call("POST", "sys/quotas/rate-limit/slow", ["rate": rate, "interval": interval]).checked()
  }

  fileprivate func leads(or other: OpenBaoServer) -> Bool {
    health == 200 || other.health == 200
  }
}
