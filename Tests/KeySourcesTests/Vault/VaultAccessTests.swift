import Foundation
import Glibc
import KeySources
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)), .needsOpenBao, SharedOpenBao())
struct VaultAccessTests {
  private let server: OpenBaoServer

  init() throws { server = try SharedOpenBao.server }

  @Test func `the policy that the guide names is enough`() async throws {
    try server.put("llm/main", ["key": "sk-1"])
    try server.put("llm/main", ["key": "sk-2"])
    let token = try server.reader(of: "secret/metadata/llm/*", "secret/data/llm/*")
    #expect(
      try await VaultUser(of: server, token: token).values("secret/llm/main") == ["sk-2", "sk-1"]
    )
  }

  @Test func `an engine that keeps other things than keys and values is refused`() async throws {
    try server.call("POST", "sys/mounts/sealing", ["type": "transit"]).checked()
    try server.call("POST", "sealing/keys/main", ["type": "aes256-gcm96"]).checked()
    let problem = try await VaultUser(of: server).source("sealing/keys/main").problem()
    #expect(problem.kind == .usage)
    #expect(problem.description.contains("`sealing` is no key/value engine"))
  }

  @Test func `where the metadata are forbidden the values are read instead`() async throws {
    try server.put("blind", ["key": "sk-1"])
    try server.put("blind", ["key": "sk-2"])
    let token = try server.reader(of: "secret/data/blind")
    let source = try VaultUser(of: server, token: token).source("secret/blind")
    #expect(try await source.values() == ["sk-2", "sk-1"])
    try server.put("blind", ["key": "sk-3"])
    #expect(try await source.values() == ["sk-3", "sk-2"])
    try server.delete("blind", versions: [3])
    #expect(try await source.problem().kind == .gone)
  }

  @Test func `a policy that forbids the value is denied, and the line to add is named`()
    async throws
  {
    try server.put("closed", ["key": "sk-1"])
    let token = try server.reader(of: "secret/metadata/closed")
    let problem = try await VaultUser(of: server, token: token).source("secret/closed").problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains(#"path "secret/data/closed" { capabilities = ["read"] }"#))
  }

  @Test func `a policy that forbids everything is denied in the same words`() async throws {
    try server.put("hidden", ["key": "sk-1"])
    let token = try server.reader(of: "secret/metadata/other")
    let problem = try await VaultUser(of: server, token: token).source("secret/hidden").problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains(#"path "secret/data/hidden""#))
    #expect(problem.description.contains(#"path "secret/metadata/hidden""#))
  }

  @Test func `a revoked token is told from a policy, and the next in its place is used`()
    async throws
  {
    try server.put("tokens", ["key": "sk-1"])
    let paths = ["secret/metadata/tokens", "secret/data/tokens"]
    let first = try server.reader(of: paths[0], paths[1])
    let user = try VaultUser(of: server, token: first)
    let source = try user.source("secret/tokens")
    #expect(try await source.values() == ["sk-1"])
    try server.revoke(first)
    let problem = try await source.problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("revoked"))
    guard case .token(_, let file?) = user.settings.auth else { throw TestServerError("no file") }
    try Data(server.reader(of: paths[0], paths[1]).utf8).write(to: URL(fileURLWithPath: file))
    #expect(try await source.values() == ["sk-1"])
  }

  @Test func `a secret that never was is gone, and so is one of an unknown mount`() async throws {
    let user = try VaultUser(of: server)
    let absent = try await user.source("secret/never").problem()
    #expect(absent.kind == .gone)
    #expect(absent.description.contains("never there"))
    let unmounted = try await user.source("nowhere/never").problem()
    #expect(unmounted.kind == .gone)
    #expect(unmounted.description.contains("no engine is mounted at 'nowhere'"))
  }

  @Test func `a mount of several parts is found`() async throws {
    try server.mount("team/kv", version: 2)
    try server.put("llm/main", ["key": "sk-1"], mount: "team/kv")
    #expect(try await VaultUser(of: server).values("team/kv/llm/main") == ["sk-1"])
    #expect(try await VaultUser(of: server).values("team//kv/llm/main/") == ["sk-1"])
  }

  @Test func `a path is sent as it is written, whatever is in it`() async throws {
    try server.put("odd%20%25name", ["key": "sk-1"])
    #expect(try await VaultUser(of: server).values("secret/odd %name") == ["sk-1"])
  }

  @Test func `a namespace may be set, or stand in front of the path`() async throws {
    try server.createNamespace("unit")
    try server.mount("kv", version: 2, namespace: "unit")
    try server.put("llm", ["key": "sk-1"], mount: "kv", namespace: "unit")
    var user = try VaultUser(of: server)
    #expect(try await user.values("unit/kv/llm") == ["sk-1"])
    user.settings.namespace = "unit"
    #expect(try await user.values("kv/llm") == ["sk-1"])
    user.settings.namespace = "nobody"
    let problem = try await user.source("kv/llm").problem()
    #expect(problem.kind == .gone || problem.kind == .denied)
    #expect(problem.description.contains("namespace"))
  }

  @Test func `files with tokens are refused where others may change them`() async throws {
    var user = try VaultUser(of: server)
    user.settings.auth = .token(
      environment: [],
      file: try server.file(holding: server.rootToken, mode: 0o620)
    )
    let problem = try await user.source("secret/never").problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("chmod 600"))
  }

  @Test func `a token that could not stand in a header is refused and not shown`() async throws {
    let problem = try await VaultUser(of: server, token: "hvs.one\nhvs.two").source("secret/never")
      .problem()
    #expect(problem.kind == .denied)
    #expect(!problem.description.contains("hvs"))
  }

  @Test func `a token in the environment comes before one in a file`() async throws {
    try server.put("environment", ["key": "sk-1"])
    let name = "NIGHTJAR_TEST_\(UInt32.random(in: .min ... .max))"
    let file = try server.file(holding: "hvs.none")
    let user = VaultUser(of: server, auth: .token(environment: ["\(name)_NONE", name], file: file))
    #expect(try await user.source("secret/environment").problem().kind == .denied)
    unsafe setenv(name, server.rootToken, 1)
    defer { unsafe unsetenv(name) }
    #expect(try await user.values("secret/environment") == ["sk-1"])
  }

  @Test func `where there is no token every place that was looked at is named`() async throws {
    let user = VaultUser(of: server, auth: .token(environment: ["NO_TOKEN"], file: "/none/token"))
    let problem = try await user.source("secret/environment").problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("NO_TOKEN is not set, /none/token does not exist"))
  }
}
