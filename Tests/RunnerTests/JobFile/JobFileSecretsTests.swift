import KeySources
import Runner
import Testing

/// The section `secrets` of a job file.
struct JobFileSecretsTests {
  private func read(_ section: String) throws -> JobFile.Secrets {
    try JobFile(reading: "secrets:\n" + section, file: "work/job.yaml").secrets
  }

  /// What is wrong with a section, as a user would see it.
  private func problem(_ section: String) -> String {
    let error = #expect(throws: JobFileError.self) { try read(section) }
    return error?.description ?? ""
  }

  @Test func `says how long keys are believed`() throws {
    let secrets = try read(
      "  refresh: 1.5\n  ttl: 30\n  stale_if_error: 600\n  negative_ttl: 2\n  wait: 90"
    )
    #expect(secrets.policy.refresh == .milliseconds(1_500))
    #expect(secrets.policy.ttl == .seconds(30))
    #expect(secrets.policy.staleIfError == .seconds(600))
    #expect(secrets.policy.negativeTTL == .seconds(2))
    #expect(secrets.wait == .seconds(90))
    #expect(try read("  refresh: 5").policy.ttl == KeyringPolicy().ttl)
  }

  @Test func `says where Vault is, in place of the environment`() throws {
    let vault = try #require(
      try read(
        """
          vault:
            addresses: [https://one:8200, https://two:8200]
            namespace: team
            ca_file: ca.pem
            client_certificate: /etc/cert.pem
            client_key: key.pem
            server_name: vault.internal
            kv_version: 1
            timeout: 5
        """
      ).vault
    )
    let environment = ["VAULT_ADDR": "https://other:8200", "VAULT_TOKEN": "made-up"]
    let settings = try vault.settings { environment[$0] }
    #expect(settings.addresses == ["https://one:8200", "https://two:8200"])
    #expect(settings.namespace == "team" && settings.serverName == "vault.internal")
    #expect(settings.caFile == "work/ca.pem" && settings.clientKey == "work/key.pem")
    #expect(settings.clientCertificate == "/etc/cert.pem")
    #expect(settings.kvVersion == 1 && settings.timeout == .seconds(5))
    let usual = try VaultSettings { environment[$0] }
    #expect(settings.auth == usual.auth)
  }

  @Test(
    arguments: [
      ("{method: token, token_file: t}", .token(environment: [], file: "work/t")),
      (
        "{method: approle, role_id: r, secret_id_file: /s, wrapped: true, mount: m, role: n}",
        .appRole(mount: "m", roleID: "r", secretIDFile: "/s", isWrapped: true, role: "n")
      ),
      (
        "{method: kubernetes, role: r}",
        .kubernetes(mount: "kubernetes", role: "r", jwtFile: VaultSettings.serviceAccountToken)
      ),
      ("{method: jwt, role: r, jwt_file: j}", .jwt(mount: "jwt", role: "r", jwtFile: "work/j")),
      ("{method: agent, token_file: /sink}", .agentSink(file: "/sink")),
    ] as [(String, VaultSettings.Auth)]
  )
  func `says how to log in`(text: String, auth: VaultSettings.Auth) throws {
    #expect(try read("  vault:\n    auth: \(text)").vault?.auth == auth)
  }

  @Test func `what is missing or unknown is named with its line`() {
    #expect(
      problem("  vault:\n    auth: {method: approle, role_id: r}").hasPrefix(
        "work/job.yaml:3: `auth` with this method needs `secret_id_file`"
      )
    )
    #expect(problem("  vault:\n    auth: {role: r}").contains("must name its `method`: token"))
    #expect(problem("  refesh: 5").contains("did you mean `refresh`?"))
    #expect(problem("  vault:\n    kv_version: 3").contains("one of 1, 2"))
  }
}
