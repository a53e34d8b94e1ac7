import KeySources
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)), .needsOpenBao, SharedOpenBao())
struct VaultRenewalTests {
  private let server: OpenBaoServer
  private let name = "role\(UInt32.random(in: .min ... .max))"

  init() throws {
    server = try SharedOpenBao.server
    try server.allowReading(["secret/metadata/renewal", "secret/data/renewal"], as: name)
    try server.put("renewal", ["key": "sk-1"])
  }

  private var renewals: Int { server.count("update", "auth/token/renew-self") }

  private func appRole(_ options: [String: Any]) throws -> VaultUser {
    try server.enable("approle", at: name)
    let roleID = try server.createAppRole(name, policies: [name], at: name, options: options)
    let file = try server.file(holding: try server.secretID(of: name, at: name))
    return VaultUser(
      of: server,
      auth: .appRole(
        mount: name,
        roleID: roleID,
        secretIDFile: file,
        isWrapped: false,
        role: nil
      )
    )
  }

  @Test func `a token is renewed in the background, though nothing is read`() async throws {
    let token = try server.createToken(policies: [name], ttl: "100s")
    let time = VaultTime()
    let vault = try VaultUser(of: server, token: token).vault(clock: time.clock)
    #expect(try await vault.source(path: "secret/renewal", field: nil).values() == ["sk-1"])
    let before = renewals
    for _ in 1...2 {
      let wait = try #require(await time.nextWait())
      #expect((.seconds(64)...(.seconds(75))).contains(wait))
      time.advance(by: wait)
    }
    _ = await time.nextWait()
    #expect(renewals >= before + 2)
    let life = try server.call("GET", "auth/token/lookup-self", token: token)
    #expect(life.integer("data", "last_renewal_time") != nil)
    await vault.close()
  }

  @Test func `a renewal that fails is tried again soon`() async throws {
    let own = try OpenBaoServer()
    defer { own.stop() }
    let token = try own.createToken(policies: ["root"], ttl: "1000s")
    let time = VaultTime()
    var user = try VaultUser(of: own, token: token)
    user.settings.retries = 0
    let vault = try user.vault(clock: time.clock)
    try own.put("renewal", ["key": "sk-1"])
    let source = vault.source(path: "secret/renewal", field: nil)
    #expect(try await source.values() == ["sk-1"])
    let wait = try #require(await time.nextWait())
    own.kill()
    time.advance(by: wait)
    let again = try #require(await time.nextWait())
    #expect(again == .seconds(1))
    try own.restart()
    time.advance(by: again)
    let later = try #require(await time.nextWait())
    #expect(later > .seconds(600))
    #expect(own.count("update", "auth/token/renew-self") == 1)
    await vault.close()
  }

  @Test func `a token that cannot live longer is replaced by a new login`() async throws {
    let vault = try appRole(["token_ttl": "1s", "token_max_ttl": "2s"]).vault()
    let source = vault.source(path: "secret/renewal", field: "key")
    let deadline = ContinuousClock.now + .seconds(20)
    while server.count("update", "auth/\(name)/login") < 3 {
      #expect(try await source.values() == ["sk-1"])
      try #require(ContinuousClock.now < deadline)
    }
    await vault.close()
  }

  @Test func `a batch token is not renewed but replaced before its end`() async throws {
    let time = VaultTime()
    let user = try appRole(["token_ttl": "100s", "token_type": "batch"])
    let vault = try user.vault(clock: time.clock)
    let source = vault.source(path: "secret/renewal", field: "key")
    #expect(try await source.values() == ["sk-1"])
    time.advance(by: .seconds(79))
    #expect(try await source.values() == ["sk-1"])
    #expect(server.count("update", "auth/\(name)/login") == 1)
    time.advance(by: .seconds(12))
    #expect(try await source.values() == ["sk-1"])
    #expect(server.count("update", "auth/\(name)/login") == 2)
    await vault.close()
  }

  @Test func `while a new login fails the token is used to its end`() async throws {
    let time = VaultTime()
    let vault = try appRole([
      "token_ttl": "100s", "token_type": "batch", "secret_id_num_uses": 1,
    ]).vault(clock: time.clock)
    let source = vault.source(path: "secret/renewal", field: "key")
    #expect(try await source.values() == ["sk-1"])
    time.advance(by: .seconds(95))
    #expect(try await source.values() == ["sk-1"])
    time.advance(by: .seconds(6))
    let problem = try await source.problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("refused the login"))
    await vault.close()
  }
}
