extension OpenBaoServer {
  /// Writes a policy that allows these paths to be read.
  package func allowReading(_ paths: [String], as name: String) throws {
    let rules = paths.map { "path \"\($0)\" { capabilities = [\"read\"] }" }
    try call("POST", "sys/policies/acl/\(name)", ["policy": rules.joined(separator: "\n")])
      .checked()
  }

  /// Makes a token with the default policy and others.
  package func createToken(
    policies: [String],
    ttl: String = "1h",
    options: [String: Any] = [:]
  ) throws -> String {
    let body = options.merging(["policies": policies, "ttl": ttl]) { $1 }
    let answer = try call("POST", "auth/token/create", body).checked()
    return answer.string("auth", "client_token") ?? ""
  }

  package func revoke(_ token: String) throws {
    try call("POST", "auth/token/revoke", ["token": token]).checked()
  }

  /// Takes back all tokens that a login method has given out.
  package func revokeAll(of mount: String) throws {
    try call("POST", "sys/leases/revoke-prefix/auth/\(mount)", ["sync": true]).checked()
  }

  /// Switches a login method on at a path.
  package func enable(_ method: String, at path: String? = nil) throws {
    try call("POST", "sys/auth/\(path ?? method)", ["type": method]).checked()
  }

  /// Makes a role of the AppRole method.
  ///
  /// - Returns: its role_id.
  package func createAppRole(
    _ role: String,
    policies: [String],
    at mount: String = "approle",
    options: [String: Any] = [:]
  ) throws -> String {
    let body = options.merging(["token_policies": policies]) { $1 }
    try call("POST", "auth/\(mount)/role/\(role)", body).checked()
    let answer = try call("GET", "auth/\(mount)/role/\(role)/role-id").checked()
    return answer.string("data", "role_id") ?? ""
  }

  /// A new secret_id of a role.
  package func secretID(of role: String, at mount: String = "approle") throws -> String {
    let answer = try call("POST", "auth/\(mount)/role/\(role)/secret-id", [:]).checked()
    return answer.string("data", "secret_id") ?? ""
  }

  /// What a path gives, wrapped: a token that opens it once.
  package func wrapped(
    _ path: String,
    _ body: [String: Any] = [:],
    headers: [String] = []
  ) throws -> String {
    let answer = try call("POST", path, body, headers: headers + ["X-Vault-Wrap-TTL: 60s"])
      .checked()
    return answer.string("wrap_info", "token") ?? ""
  }
}
