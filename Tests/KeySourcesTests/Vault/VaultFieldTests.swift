import KeySources
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)), .needsOpenBao, SharedOpenBao())
struct VaultFieldTests {
  private let server: OpenBaoServer

  init() throws { server = try SharedOpenBao.server }

  @Test func `without a field the only string is the key`() async throws {
    try server.put("only", ["api_key": "sk-1", "count": 3, "enabled": true])
    #expect(try await VaultUser(of: server).values("secret/only", field: nil) == ["sk-1"])
  }

  @Test func `without a field several strings are listed by name, and no value is shown`()
    async throws
  {
    try server.put("several", ["api_key": "sk-first", "note": "sk-second"])
    let problem = try await VaultUser(of: server).source("secret/several", field: nil).problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("'api_key'"))
    #expect(problem.description.contains("'note'"))
    #expect(!problem.description.contains("sk-"))
  }

  @Test func `a field that is not there is named, with those that are`() async throws {
    try server.put("missing", ["api_key": "sk-first", "count": 3])
    let problem = try await VaultUser(of: server).source("secret/missing", field: "key").problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("no field 'key'"))
    #expect(problem.description.contains("'api_key'"))
    #expect(!problem.description.contains("sk-"))
  }

  @Test func `a field within a field is reached with dots, and a name with dots comes first`()
    async throws
  {
    try server.put("nested", ["anthropic": ["main": "sk-in"], "open.ai": "sk-dots"])
    let user = try VaultUser(of: server)
    #expect(try await user.values("secret/nested", field: "anthropic.main") == ["sk-in"])
    #expect(try await user.values("secret/nested", field: "open.ai") == ["sk-dots"])
  }

  @Test func `a value that cannot stand in a header is denied and not shown`() async throws {
    try server.put("broken", ["key": "sk-one\nsk-two"])
    let problem = try await VaultUser(of: server).source("secret/broken").problem()
    #expect(problem.kind == .denied)
    #expect(!problem.description.contains("sk-"))
  }

  @Test func `a value with escapes arrives as it was written`() async throws {
    try server.put("escaped", ["key": #"sk-"\/<&>"#])
    #expect(try await VaultUser(of: server).values("secret/escaped") == [#"sk-"\/<&>"#])
  }
}
