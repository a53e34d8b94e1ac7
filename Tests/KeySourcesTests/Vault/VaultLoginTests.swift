import Foundation
import Glibc
import KeySources
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)), .needsOpenBao, SharedOpenBao())
struct VaultLoginTests {
  private let server: OpenBaoServer
  private let name = "role\(UInt32.random(in: .min ... .max))"

  init() throws {
    server = try SharedOpenBao.server
    try server.allowReading(["secret/metadata/login", "secret/data/login"], as: name)
    try server.put("login", ["key": "sk-1"])
  }

  // MARK: - AppRole

  private func appRole(
    _ file: String,
    roleID: String,
    isWrapped: Bool = false,
    role: String? = nil
  ) -> VaultUser {
    VaultUser(
      of: server,
      auth: .appRole(
        mount: name,
        roleID: roleID,
        secretIDFile: file,
        isWrapped: isWrapped,
        role: role
      )
    )
  }

  private func createAppRole(_ options: [String: Any] = [:]) throws -> String {
    try server.enable("approle", at: name)
    return try server.createAppRole(name, policies: [name], at: name, options: options)
  }

  private static func readTogether(_ sources: [VaultKeySource]) async throws -> [[String]] {
    try await withThrowingTaskGroup { group in
      for source in sources { group.addTask { try await source.values() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test func `logs in by AppRole once for many reads and sources`() async throws {
    let roleID = try createAppRole()
    let file = try server.file(holding: try server.secretID(of: name, at: name))
    let vault = try appRole(file, roleID: roleID).vault()
    let sources = (1...8).map { _ in vault.source(path: "secret/login", field: "key") }
    for values in try await Self.readTogether(sources) { #expect(values == ["sk-1"]) }
    #expect(server.count("update", "auth/\(name)/login") == 1)
    await vault.close()
  }

  @Test func `a login whose tokens were revoked is made again, once`() async throws {
    let roleID = try createAppRole()
    let file = try server.file(holding: try server.secretID(of: name, at: name))
    let vault = try appRole(file, roleID: roleID).vault()
    let source = vault.source(path: "secret/login", field: "key")
    #expect(try await source.values() == ["sk-1"])
    try server.revokeAll(of: name)
    let sources = [source, vault.source(path: "secret/login", field: "key")]
    for values in try await Self.readTogether(sources) { #expect(values == ["sk-1"]) }
    #expect(server.count("update", "auth/\(name)/login") == 2)
    await vault.close()
  }

  @Test func `the token of a login is revoked at the end`() async throws {
    let roleID = try createAppRole()
    let file = try server.file(holding: try server.secretID(of: name, at: name))
    let before = server.count("update", "auth/token/revoke-self")
    let vault = try appRole(file, roleID: roleID).vault()
    #expect(try await vault.source(path: "secret/login", field: nil).values() == ["sk-1"])
    await vault.close()
    #expect(server.count("update", "auth/token/revoke-self") > before)
    let closed = try await vault.source(path: "secret/login", field: nil).problem()
    #expect(closed.kind == .unavailable)
  }

  @Test func `a token that was given is left alone at the end`() async throws {
    let token = try server.createToken(policies: [name])
    let vault = try VaultUser(of: server, token: token).vault()
    #expect(try await vault.source(path: "secret/login", field: nil).values() == ["sk-1"])
    await vault.close()
    #expect(try server.call("GET", "auth/token/lookup-self", token: token).isGood)
  }

  @Test func `a wrong secret_id is denied, and not shown`() async throws {
    let roleID = try createAppRole()
    let file = try server.file(holding: "canary-secret-id")
    let problem = try await appRole(file, roleID: roleID).source("secret/login").problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("auth/\(name)/login"))
    #expect(!problem.description.contains("canary"))
  }

  @Test func `a method that is not mounted is denied`() async throws {
    let file = try server.file(holding: "canary-secret-id")
    let problem = try await appRole(file, roleID: "none").source("secret/login").problem()
    #expect(problem.kind == .denied)
  }

  // MARK: - Wrapping

  private func wrappedSecretID() throws -> String {
    try server.wrapped("auth/\(name)/role/\(name)/secret-id")
  }

  @Test func `a wrapped secret_id is opened once and serves later logins`() async throws {
    let roleID = try createAppRole()
    let file = try server.file(holding: try wrappedSecretID())
    let vault = try appRole(file, roleID: roleID, isWrapped: true, role: name).vault()
    let source = vault.source(path: "secret/login", field: "key")
    #expect(try await source.values() == ["sk-1"])
    try server.revokeAll(of: name)
    #expect(try await source.values() == ["sk-1"])
    try FileManager.default.removeItem(atPath: file)
    try server.revokeAll(of: name)
    #expect(try await source.values() == ["sk-1"])
    await vault.close()
  }

  @Test func `a secret_id that somebody else unwrapped raises the alarm`() async throws {
    let roleID = try createAppRole()
    let wrapping = try wrappedSecretID()
    try server.call("POST", "sys/wrapping/unwrap", [:], token: wrapping).checked()
    let file = try server.file(holding: wrapping)
    let problem = try await appRole(file, roleID: roleID, isWrapped: true).source("secret/login")
      .problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("somebody else has read"))
    #expect(!problem.description.contains(wrapping))
  }

  @Test func `a wrapping token made elsewhere is left unopened`() async throws {
    let roleID = try createAppRole()
    let forged = try server.wrapped("sys/wrapping/wrap", ["secret_id": "forged"])
    for (token, role) in [(forged, nil), (try wrappedSecretID(), "another")] {
      let file = try server.file(holding: token)
      let user = appRole(file, roleID: roleID, isWrapped: true, role: role)
      let problem = try await user.source("secret/login").problem()
      #expect(problem.kind == .denied)
      #expect(problem.description.contains("not made where it should"))
      #expect(try server.call("POST", "sys/wrapping/lookup", ["token": token]).isGood)
    }
  }

  @Test func `a wrapped secret_id of a namespace is opened there`() async throws {
    try server.createNamespace(name)
    try server.mount("kv", version: 2, namespace: name)
    try server.put("llm", ["key": "sk-1"], mount: "kv", namespace: name)
    let inside = ["X-Vault-Namespace: \(name)"]
    try server.call("POST", "sys/auth/approle", ["type": "approle"], headers: inside).checked()
    let policy = #"path "kv/*" { capabilities = ["read"] }"#
    try server.call("POST", "sys/policies/acl/kv", ["policy": policy], headers: inside).checked()
    let role = "auth/approle/role/batch"
    try server.call("POST", role, ["token_policies": ["kv"]], headers: inside).checked()
    let answer = try server.call("GET", role + "/role-id", headers: inside).checked()
    let wrapping = try server.wrapped(role + "/secret-id", headers: inside)
    var user = VaultUser(
      of: server,
      auth: .appRole(
        mount: "approle",
        roleID: answer.string("data", "role_id") ?? "",
        secretIDFile: try server.file(holding: wrapping),
        isWrapped: true,
        role: "batch"
      )
    )
    user.settings.namespace = name
    #expect(try await user.values("kv/llm") == ["sk-1"])
  }

  // MARK: - Tokens of others

  @Test func `logs in with a token that an identity provider signed`() async throws {
    let key = try SigningKey(in: server.folder)
    try server.enable("jwt", at: name)
    try server.call(
      "POST",
      "auth/\(name)/config",
      ["jwt_validation_pubkeys": [key.publicKey], "bound_issuer": "https://idp.test"]
    ).checked()
    try server.call(
      "POST",
      "auth/\(name)/role/batch",
      [
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": ["nightjar"],
        "token_policies": [name],
      ]
    ).checked()
    let now = Int(Date.now.timeIntervalSince1970)
    var claims: [String: Any] = [
      "iss": "https://idp.test", "sub": "job", "aud": "nightjar", "iat": now, "exp": now + 300,
    ]
    let file = try server.file(holding: try key.token(claims), mode: 0o644)
    let user = VaultUser(of: server, auth: .jwt(mount: name, role: "batch", jwtFile: file))
    #expect(try await user.values("secret/login") == ["sk-1"])

    claims["aud"] = "somebody else"
    let other = try key.token(claims)
    try Data(other.utf8).write(to: URL(fileURLWithPath: file))
    let problem = try await user.source("secret/login").problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("the role 'batch'"))
    #expect(!problem.description.contains(other.prefix(20)))
  }

  @Test func `logs in as a pod, and reads the pod's token again each time`() async throws {
    let review = try RawServer { connection in
      while connection.readRequest() != nil {
        let body = """
          {"status":{"authenticated":true,"user":{"uid":"u-1",\
          "username":"system:serviceaccount:jobs:nightjar"}}}
          """
        connection.write(
          "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
      }
    }
    defer { review.stop() }
    let authority = try TestAuthority(in: server.folder)
    try server.enable("kubernetes", at: name)
    try server.call(
      "POST",
      "auth/\(name)/config",
      [
        "kubernetes_host": String(review.url.dropLast()), "disable_local_ca_jwt": true,
        "kubernetes_ca_cert": try String(contentsOfFile: authority.caFile, encoding: .utf8),
      ]
    ).checked()
    try server.call(
      "POST",
      "auth/\(name)/role/batch",
      [
        "bound_service_account_names": ["nightjar"], "bound_service_account_namespaces": ["jobs"],
        "token_policies": [name],
      ]
    ).checked()
    let key = try SigningKey(in: server.folder)
    let now = Int(Date.now.timeIntervalSince1970)
    let account: [String: Any] = ["name": "nightjar", "uid": "u-1"]
    let claims = { (id: String) -> [String: Any] in
      [
        "iss": "kubernetes", "jti": id, "nbf": now, "iat": now, "exp": now + 300,
        "kubernetes.io": ["namespace": "jobs", "serviceaccount": account],
      ]
    }
    let tokens = [try key.token(claims("first")), try key.token(claims("second"))]
    let file = try server.file(holding: tokens[0], mode: 0o644)
    let vault = try VaultUser(
      of: server,
      auth: .kubernetes(mount: name, role: "batch", jwtFile: file)
    ).vault()
    let source = vault.source(path: "secret/login", field: "key")
    #expect(try await source.values() == ["sk-1"])
    try Data(tokens[1].utf8).write(to: URL(fileURLWithPath: file))
    try server.revokeAll(of: name)
    #expect(try await source.values() == ["sk-1"])
    for token in tokens { #expect(review.requests.contains { $0.contains(token) }) }
    await vault.close()
  }

  @Test func `a token file that others may change is refused`() async throws {
    let file = try server.file(holding: "a.b.c", mode: 0o666)
    let user = VaultUser(of: server, auth: .jwt(mount: "jwt", role: "batch", jwtFile: file))
    let problem = try await user.source("secret/login").problem()
    #expect(problem.kind == .denied)
    #expect(problem.description.contains("chmod"))
  }

  @Test func `a token file that tells of processes, or lies where others write, is refused`()
    async throws
  {
    let folder = NSTemporaryDirectory() + "nightjar-login-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    unsafe chmod(folder, 0o777)
    let (file, link) = (folder + "/token", try server.file(holding: "") + ".link")
    try "a.b.c".write(toFile: file, atomically: false, encoding: .utf8)
    unsafe chmod(file, 0o600)
    defer { try? FileManager.default.removeItem(atPath: link) }
    try FileManager.default.createSymbolicLink(
      atPath: link,
      withDestinationPath: "/proc/self/environ"
    )
    for (file, words) in [(file, "exchange the secrets"), (link, "tells of processes")] {
      let logins: [VaultSettings.Auth] = [
        .jwt(mount: "jwt", role: "batch", jwtFile: file), .agentSink(file: file),
        .appRole(
          mount: "approle",
          roleID: "r",
          secretIDFile: file,
          isWrapped: false,
          role: nil
        ),
      ]
      for auth in logins {
        let problem = try await VaultUser(of: server, auth: auth).source("secret/login").problem()
        #expect(problem.kind == .denied)
        #expect(problem.description.contains(words), "\(problem)")
      }
    }
  }
}
