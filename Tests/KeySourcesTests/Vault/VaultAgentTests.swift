import Foundation
import KeySources
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)), .needsOpenBao, SharedOpenBao())
struct VaultAgentTests {
  private let server: OpenBaoServer
  private let name = "role\(UInt32.random(in: .min ... .max))"
  private let roleID: String

  init() throws {
    server = try SharedOpenBao.server
    try server.allowReading(["secret/metadata/agent", "secret/data/agent"], as: name)
    try server.put("agent", ["key": "sk-1"])
    if try !server.call("GET", "auth/approle/role?list=true").isGood {
      try? server.enable("approle")
    }
    roleID = try server.createAppRole(name, policies: [name])
  }

  private func agent(sinkOptions: String = "") throws -> OpenBaoAgent {
    let secretID = try server.secretID(of: name)
    return try OpenBaoAgent(
      of: server,
      roleID: roleID,
      secretID: secretID,
      sinkOptions: sinkOptions
    )
  }

  private func user(sink: String) -> VaultUser {
    VaultUser(of: server, auth: .agentSink(file: sink))
  }

  @Test func `uses the token in an agent's sink, and the next one that appears there`()
    async throws
  {
    let agent = try agent()
    let vault = try user(sink: agent.sink).vault()
    let source = vault.source(path: "secret/agent", field: "key")
    #expect(try await source.values() == ["sk-1"])
    let first = try String(contentsOfFile: agent.sink, encoding: .utf8)
    try server.revoke(first)
    #expect(try await source.problem().kind == .denied)
    let next = try server.createToken(policies: [name])
    try Data(next.utf8).write(to: URL(fileURLWithPath: agent.sink))
    #expect(try await source.values() == ["sk-1"])
    await vault.close()
    #expect(try server.call("GET", "auth/token/lookup-self", token: next).isGood)
  }

  @Test func `opens a wrapped sink once`() async throws {
    let agent = try agent(sinkOptions: #"wrap_ttl = "60s""#)
    #expect(try String(contentsOfFile: agent.sink, encoding: .utf8).contains("creation_path"))
    let vault = try user(sink: agent.sink).vault()
    let source = vault.source(path: "secret/agent", field: "key")
    for _ in 1...2 { #expect(try await source.values() == ["sk-1"]) }
    let late = try await user(sink: agent.sink).source("secret/agent").problem()
    #expect(late.kind == .denied)
    #expect(late.description.contains("opened before"))
    await vault.close()
  }

  @Test func `a sink for a group is read, one for everybody is refused`() async throws {
    let token = try server.createToken(policies: [name])
    let shared = try server.file(holding: token, mode: 0o640)
    #expect(try await user(sink: shared).values("secret/agent") == ["sk-1"])
    for mode in [0o644, 0o660] {
      let open = try server.file(holding: token, mode: mode)
      #expect(try await user(sink: open).source("secret/agent").problem().kind == .denied)
    }
  }

  @Test func `an agent that listens in Vault's place brings the token`() async throws {
    let agent = try agent()
    var user = VaultUser(of: server, auth: .agentListener)
    user.settings.addresses = [agent.url]
    #expect(try await user.values("secret/agent") == ["sk-1"])
  }
}
