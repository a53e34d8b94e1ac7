import KeySources
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)), .needsOpenBao, SharedOpenBao())
struct VaultKV2Tests {
  private let server: OpenBaoServer

  init() throws { server = try SharedOpenBao.server }

  @Test func `gives the present value and the one before, newest first`() async throws {
    let source = try VaultUser(of: server).source("secret/pair")
    for value in ["sk-1", "sk-2", "sk-3"] { try server.put("pair", ["key": value]) }
    let keys = try await source.keys()
    #expect(keys.map(value(of:)) == ["sk-3", "sk-2"])
    #expect(keys.map(\.label) == ["3", "2"])
    #expect(keys.map(\.reference) == [source.reference, source.reference])
    #expect(keys.map(\.expires) == [nil, nil])
  }

  @Test func `a first version stands alone`() async throws {
    try server.put("single", ["key": "sk-1"])
    #expect(try await VaultUser(of: server).values("secret/single") == ["sk-1"])
  }

  @Test func `reads values only when there is a new version`() async throws {
    let source = try VaultUser(of: server).source("secret/still")
    try server.put("still", ["key": "sk-1"])
    #expect(try await source.values() == ["sk-1"])
    for _ in 1...5 { #expect(try await source.fetch(unless: "1") == nil) }
    #expect(server.count("read", "secret/data/still") == 1)
    #expect(server.count("read", "secret/metadata/still") == 6)
    try server.put("still", ["key": "sk-2"])
    let keys = try #require(await source.fetch(unless: "1"))
    #expect(keys.map(value(of:)) == ["sk-2", "sk-1"])
    for _ in 1...5 { #expect(try await source.fetch(unless: "2") == nil) }
    #expect(server.count("read", "secret/data/still") == 3)
  }

  @Test func `a caller without the newest value is given everything`() async throws {
    let source = try VaultUser(of: server).source("secret/again")
    for value in ["sk-1", "sk-2"] { try server.put("again", ["key": value]) }
    for label in [nil, "1", "7"] {
      #expect(try await source.fetch(unless: label)?.map(\.label) == ["2", "1"])
    }
  }

  @Test func `a deleted version is gone until it is undeleted`() async throws {
    let source = try VaultUser(of: server).source("secret/deleted")
    try server.put("deleted", ["key": "sk-1"])
    #expect(try await source.values() == ["sk-1"])
    try server.delete("deleted", versions: [1])
    let problem = try await source.problem()
    #expect(problem.kind == .gone)
    #expect(problem.description.contains("undelete"))
    try server.undelete("deleted", versions: [1])
    #expect(try await source.values() == ["sk-1"])
  }

  @Test func `a destroyed version is gone, and a new one takes its place`() async throws {
    let source = try VaultUser(of: server).source("secret/destroyed")
    try server.put("destroyed", ["key": "sk-1"])
    try server.destroy("destroyed", versions: [1])
    #expect(try await source.problem().kind == .gone)
    try server.put("destroyed", ["key": "sk-2"])
    #expect(try await source.values() == ["sk-2"])
  }

  @Test func `an earlier version that is deleted is left out`() async throws {
    let source = try VaultUser(of: server).source("secret/revoked")
    try server.put("revoked", ["key": "sk-1"])
    try server.put("revoked", ["key": "sk-2"])
    #expect(try await source.values() == ["sk-2", "sk-1"])
    try server.delete("revoked", versions: [1])
    #expect(try await source.fetch(unless: "2")?.map(value(of:)) == ["sk-2"])
    #expect(try await source.fetch(unless: "2") == nil)
    try server.undelete("revoked", versions: [1])
    #expect(try await source.fetch(unless: "2")?.map(value(of:)) == ["sk-2", "sk-1"])
  }

  @Test func `an earlier version without the field is left out, and not asked for again`()
    async throws
  {
    let source = try VaultUser(of: server).source("secret/renamed")
    try server.put("renamed", ["old": "sk-1"])
    try server.put("renamed", ["key": "sk-2"])
    #expect(try await source.values() == ["sk-2"])
    for _ in 1...3 { #expect(try await source.fetch(unless: "2") == nil) }
    #expect(server.count("read", "secret/data/renamed") == 2)
  }

  @Test func `a secret that is removed and made anew is read again`() async throws {
    let source = try VaultUser(of: server).source("secret/anew")
    try server.put("anew", ["key": "sk-1"])
    #expect(try await source.values() == ["sk-1"])
    try server.remove("anew")
    try server.put("anew", ["key": "sk-other"])
    #expect(try await source.fetch(unless: "1")?.map(value(of:)) == ["sk-other"])
  }

  @Test func `a version with a date of deletion lives until then`() async throws {
    try server.setMetadata("dated", ["delete_version_after": "1h"])
    try server.put("dated", ["key": "sk-1"])
    let keys = try await VaultUser(of: server).source("secret/dated").keys()
    let expires = try #require(keys.first?.expires)
    let now = Timestamp.now()
    #expect((now + 3_500_000...now + 3_700_000).contains(expires))
  }

  @Test func `a version whose date of deletion has come is gone`() async throws {
    try server.setMetadata("brief", ["delete_version_after": "1s"])
    try server.put("brief", ["key": "sk-1"])
    let source = try VaultUser(of: server).source("secret/brief")
    try server.wait("to delete it") { try server.call("GET", "secret/data/brief").status == 404 }
    #expect(try await source.problem().kind == .gone)
  }

  @Test func `a clock that runs ahead does not retire a key that the server still gives`()
    async throws
  {
    try server.setMetadata("ahead", ["delete_version_after": "1h"])
    try server.put("ahead", ["key": "sk-1"])
    var clock = VaultClock()
    clock.date = { Timestamp.now() + 7_200_000 }
    let source = try VaultUser(of: server).vault(clock: clock)
      .source(path: "secret/ahead", field: "key")
    for label in [nil, "1"] {
      #expect(try await source.fetch(unless: label)?.map(value(of:)) == ["sk-1"])
    }
  }
}
