import KeySources
import Testing

struct VaultSettingsTests {
  private func settings(_ variables: [String: String]) throws -> VaultSettings {
    try VaultSettings(environment: { variables[$0] })
  }

  private func problem(_ variables: [String: String]) throws -> KeySourceError {
    try #require(#expect(throws: KeySourceError.self) { try settings(variables) })
  }

  @Test func `reads what Vault's own client reads`() throws {
    let settings = try settings([
      "VAULT_ADDR": "https://a:8200", "VAULT_NAMESPACE": "team", "VAULT_CACERT": "/ca",
      "VAULT_CLIENT_CERT": "/cert", "VAULT_CLIENT_KEY": "/key", "VAULT_TLS_SERVER_NAME": "vault",
      "VAULT_CLIENT_TIMEOUT": "90s", "VAULT_MAX_RETRIES": "5", "VAULT_PROXY_ADDR": "http://p:1",
      "HOME": "/home/me",
    ])
    let expected = VaultSettings(
      addresses: ["https://a:8200"],
      namespace: "team",
      caFile: "/ca",
      clientCertificate: "/cert",
      clientKey: "/key",
      serverName: "vault",
      proxy: "http://p:1",
      timeout: .seconds(90),
      retries: 5,
      auth: .token(environment: ["BAO_TOKEN", "VAULT_TOKEN"], file: "/home/me/.vault-token")
    )
    #expect(settings == expected)
  }

  @Test func `OpenBao's names come first, and win even when they are empty`() throws {
    let settings = try settings([
      "VAULT_ADDR": "https://a", "BAO_ADDR": "https://b, https://c", "VAULT_NAMESPACE": "team",
      "BAO_NAMESPACE": "", "BAO_TOKEN_PATH": "/token",
    ])
    #expect(settings.addresses == ["https://b", "https://c"])
    #expect(settings.namespace == nil)
    #expect(
      settings.auth == .token(environment: ["BAO_TOKEN", "VAULT_TOKEN"], file: "/token")
    )
  }

  @Test func `an agent's address comes first, and needs no token`() throws {
    let agent = ["VAULT_ADDR": "https://a", "VAULT_AGENT_ADDR": "http://127.0.0.1:8100"]
    let settings = try settings(agent)
    #expect(settings.addresses == ["http://127.0.0.1:8100"])
    #expect(settings.auth == .agentListener)
    let withToken = try self.settings(agent.merging(["VAULT_TOKEN": "t"]) { $1 })
    #expect(withToken.auth == .token(environment: ["BAO_TOKEN", "VAULT_TOKEN"], file: nil))
  }

  @Test func `every login can be chosen`() throws {
    let appRole = [
      "NIGHTJAR_VAULT_AUTH": "approle", "NIGHTJAR_VAULT_ROLE_ID": "id",
      "NIGHTJAR_VAULT_SECRET_ID_FILE": "/secret", "NIGHTJAR_VAULT_SECRET_ID_WRAPPED": "true",
      "NIGHTJAR_VAULT_ROLE": "batch",
    ]
    #expect(
      try settings(appRole).auth
        == .appRole(
          mount: "approle",
          roleID: "id",
          secretIDFile: "/secret",
          isWrapped: true,
          role: "batch"
        )
    )
    let pod = ["NIGHTJAR_VAULT_AUTH": "kubernetes", "NIGHTJAR_VAULT_ROLE": "batch"]
    #expect(
      try settings(pod).auth
        == .kubernetes(
          mount: "kubernetes",
          role: "batch",
          jwtFile: "/var/run/secrets/kubernetes.io/serviceaccount/token"
        )
    )
    let jwt = [
      "NIGHTJAR_VAULT_AUTH": "jwt", "NIGHTJAR_VAULT_ROLE": "batch",
      "NIGHTJAR_VAULT_JWT_FILE": "/jwt", "NIGHTJAR_VAULT_AUTH_MOUNT": "ci",
    ]
    #expect(try settings(jwt).auth == .jwt(mount: "ci", role: "batch", jwtFile: "/jwt"))
    let sink = ["NIGHTJAR_VAULT_AUTH": "agent", "NIGHTJAR_VAULT_TOKEN_FILE": "/sink"]
    #expect(try settings(sink).auth == .agentSink(file: "/sink"))
  }

  @Test(arguments: [
    "approle": "NIGHTJAR_VAULT_ROLE_ID", "kubernetes": "NIGHTJAR_VAULT_ROLE",
    "jwt": "NIGHTJAR_VAULT_ROLE", "agent": "NIGHTJAR_VAULT_TOKEN_FILE", "ldap": "kubernetes, jwt",
  ])
  func `what a login lacks is named`(auth: String, missing: String) throws {
    let problem = try problem(["NIGHTJAR_VAULT_AUTH": auth])
    #expect(problem.kind == .usage)
    #expect(problem.description.contains(missing))
  }

  @Test(arguments: ["1", "true", "yes"])
  func `trusting any server is refused`(value: String) throws {
    let problem = try problem(["VAULT_SKIP_VERIFY": value])
    #expect(problem.kind == .usage)
    #expect(problem.description.contains("VAULT_CACERT"))
  }

  @Test(arguments: ["", "0", "false"])
  func `a refusal to trust any server is fine`(value: String) throws {
    #expect(try settings(["VAULT_SKIP_VERIFY": value]).addresses.isEmpty)
  }

  @Test(arguments: [
    "VAULT_CACERT_BYTES", "VAULT_CAPATH", "VAULT_CLIENT_CERT_BYTES", "VAULT_CLIENT_KEY_BYTES",
  ])
  func `what is not read is refused with what to do instead`(name: String) throws {
    #expect(try problem([name: "x"]).description.contains("one file"))
  }

  @Test(arguments: ["90": 90.0, "90s": 90, "1m30s": 90, "500ms": 0.5, "0.5h": 1800])
  func `a time is read as Go reads it`(text: String, seconds: Double) throws {
    #expect(try settings(["VAULT_CLIENT_TIMEOUT": text]).timeout == .seconds(seconds))
  }

  @Test(arguments: ["0", "-1s", "soon", "1 s", "1m30", "s", "1d", "1e400s", "99999h"])
  func `what is no time is refused`(text: String) throws {
    #expect(try problem(["VAULT_CLIENT_TIMEOUT": text]).kind == .usage)
  }

  @Test(arguments: ["-1", "many", "1000"])
  func `what is no number of retries is refused`(text: String) throws {
    #expect(try problem(["VAULT_MAX_RETRIES": text]).kind == .usage)
  }

  @Test func `a cluster without an address is refused`() throws {
    let problem = try #require(
      #expect(throws: KeySourceError.self) { try Vault(try settings(["HOME": "/home/me"])) }
    )
    #expect(problem.kind == .usage)
    #expect(problem.description.contains("VAULT_ADDR"))
  }
}
