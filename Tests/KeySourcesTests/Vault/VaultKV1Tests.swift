import KeySources
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)), .needsOpenBao, SharedOpenBao())
struct VaultKV1Tests {
  private let server: OpenBaoServer
  private let mount: String

  init() throws {
    server = try SharedOpenBao.server
    mount = "plain\(UInt32.random(in: .min ... .max))"
    try server.mount(mount, version: 1)
  }

  @Test func `gives the present value, which has no version`() async throws {
    let source = try VaultUser(of: server).source("\(mount)/llm")
    try server.putPlain("llm", ["key": "sk-1"], mount: mount)
    #expect(try await source.keys().map(\.label) == [nil])
    try server.putPlain("llm", ["key": "sk-2"], mount: mount)
    #expect(try await source.values() == ["sk-2"])
  }

  @Test func `a ttl beside the key is no key, and does not make it expire`() async throws {
    try server.putPlain("llm", ["key": "sk-1", "ttl": "30s"], mount: mount)
    let keys = try await VaultUser(of: server).source("\(mount)/llm", field: nil).keys()
    #expect(keys.map(value(of:)) == ["sk-1"])
    #expect(keys.map(\.expires) == [nil])
  }

  @Test func `what was removed is gone`() async throws {
    let source = try VaultUser(of: server).source("\(mount)/llm")
    try server.putPlain("llm", ["key": "sk-1"], mount: mount)
    #expect(try await source.values() == ["sk-1"])
    try server.call("DELETE", "\(mount)/llm").checked()
    #expect(try await source.problem().kind == .gone)
  }

  @Test func `a version that was set wrongly is named`() async throws {
    try server.put("versioned", ["key": "sk-1"])
    var user = try VaultUser(of: server)
    user.settings.kvVersion = 1
    let problem = try await user.source("secret/versioned").problem()
    #expect(problem.kind == .gone)
    #expect(problem.description.contains("set 'kv_version' to 2"))
  }

  @Test func `an engine that became version 2 is read as such`() async throws {
    let source = try VaultUser(of: server).source("\(mount)/llm")
    try server.putPlain("llm", ["key": "sk-1"], mount: mount)
    #expect(try await source.values() == ["sk-1"])
    try server.call("POST", "sys/mounts/\(mount)/tune", ["options": ["version": "2"]]).checked()
    try server.wait("to be version 2") {
      try server.call("GET", "\(mount)/metadata/llm").status == 200
    }
    #expect(try await source.problem().kind == .gone)
    #expect(try await source.keys().map(\.label) == ["1"])
  }
}
