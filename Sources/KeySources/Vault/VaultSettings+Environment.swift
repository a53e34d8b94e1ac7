extension VaultSettings {
  /// Reads the variables that Vault's and OpenBao's own clients read, and nightjar's for the login.
  ///
  /// `BAO_NAME` is read before `VAULT_NAME`, and wins even when it is empty, as in OpenBao
  /// (api/client.go). `VAULT_ADDR` may list several addresses with commas between them. A token's
  /// value is not looked at before it is needed.
  ///
  /// - Parameter environment: gives the value of a variable, nil where it is not set.
  /// - Throws: ``KeySourceError`` of kind `usage` for a variable that is malformed, or asks for
  ///   what is not done here.
  package init(environment: (String) -> String?) throws(KeySourceError) {
    func read(_ name: String) -> String? {
      (environment("BAO_\(name)") ?? environment("VAULT_\(name)")).flatMap { $0.isEmpty ? nil : $0 }
    }
    try Self.refuseUnsupported(read)
    let agent = read("AGENT_ADDR")
    self.init(
      addresses: (agent ?? read("ADDR") ?? "").split(separator: ",").map { Self.trimmed($0) },
      namespace: read("NAMESPACE"),
      caFile: read("CACERT"),
      clientCertificate: read("CLIENT_CERT"),
      clientKey: read("CLIENT_KEY"),
      serverName: read("TLS_SERVER_NAME"),
      proxy: read("PROXY_ADDR") ?? read("HTTP_PROXY"),
      auth: try Self.auth(environment, isAgent: agent != nil)
    )
    if let text = read("CLIENT_TIMEOUT") { timeout = try Self.duration(text) }
    if let text = read("MAX_RETRIES") { retries = try Self.count(text) }
  }

  private static func refuseUnsupported(_ read: (String) -> String?) throws(KeySourceError) {
    if let skip = read("SKIP_VERIFY"), !["0", "f", "F", "false", "False", "FALSE"].contains(skip) {
      throw KeySourceError(
        .usage,
        "VAULT_SKIP_VERIFY asks to trust any server with the token, which nightjar never does; "
          + "unset it, and name the certificate authority in VAULT_CACERT"
      )
    }
    let files = [
      "CACERT_BYTES": "VAULT_CACERT", "CAPATH": "VAULT_CACERT",
      "CLIENT_CERT_BYTES": "VAULT_CLIENT_CERT", "CLIENT_KEY_BYTES": "VAULT_CLIENT_KEY",
    ]
    for (name, instead) in files
    where read(name) != nil && read(String(instead.dropFirst(6))) == nil {
      throw KeySourceError(
        .usage,
        "VAULT_\(name) is not read by nightjar; put the PEM text into one file, and name that in "
          + instead
      )
    }
  }

  private static func auth(
    _ environment: (String) -> String?,
    isAgent: Bool
  ) throws(KeySourceError) -> Auth {
    func own(_ name: String) -> String? {
      environment("NIGHTJAR_VAULT_\(name)").flatMap { $0.isEmpty ? nil : $0 }
    }
    switch own("AUTH") {
    case nil
    where isAgent && own("TOKEN_FILE") == nil && environment("BAO_TOKEN") == nil
      && environment("VAULT_TOKEN") == nil:
      return .agentListener
    case nil, "token":
      let file = own("TOKEN_FILE") ?? environment("BAO_TOKEN_PATH")
      let home = environment("HOME").map { "\($0)/.vault-token" }
      return .token(environment: ["BAO_TOKEN", "VAULT_TOKEN"], file: file ?? home)
    case "approle":
      return .appRole(
        mount: own("AUTH_MOUNT") ?? "approle",
        roleID: try required(own, "ROLE_ID", "the role_id of the AppRole"),
        secretIDFile: try required(own, "SECRET_ID_FILE", "the file with its secret_id"),
        isWrapped: try flag(own("SECRET_ID_WRAPPED")),
        role: own("ROLE")
      )
    case "kubernetes":
      return .kubernetes(
        mount: own("AUTH_MOUNT") ?? "kubernetes",
        role: try required(own, "ROLE", "the role to log in as"),
        jwtFile: own("JWT_FILE") ?? serviceAccountToken
      )
    case "jwt":
      return .jwt(
        mount: own("AUTH_MOUNT") ?? "jwt",
        role: try required(own, "ROLE", "the role to log in as"),
        jwtFile: try required(own, "JWT_FILE", "the file with the token of your identity provider")
      )
    case "agent":
      return .agentSink(file: try required(own, "TOKEN_FILE", "the agent's sink file"))
    case .some(let other):
      throw KeySourceError(
        .usage,
        "NIGHTJAR_VAULT_AUTH is '\(other)'; it must be token, approle, kubernetes, jwt or agent"
      )
    }
  }

  private static func required(
    _ own: (String) -> String?,
    _ name: String,
    _ what: String
  ) throws(KeySourceError) -> String {
    guard let value = own(name) else {
      throw KeySourceError(
        .usage,
        "this login at Vault needs NIGHTJAR_VAULT_\(name), \(what); set it"
      )
    }
    return value
  }

  private static func flag(_ text: String?) throws(KeySourceError) -> Bool {
    switch text {
    case nil, "0", "false", "no": return false
    case "1", "true", "yes": return true
    default:
      throw KeySourceError(.usage, "NIGHTJAR_VAULT_SECRET_ID_WRAPPED must be true or false")
    }
  }

  private static func count(_ text: String) throws(KeySourceError) -> Int {
    guard let count = Int(text), (0...100).contains(count) else {
      throw KeySourceError(.usage, "VAULT_MAX_RETRIES must be a number from 0 to 100")
    }
    return count
  }

  /// Reads `90`, which is seconds, `90s`, `1m30s` or `500ms`, as Vault's client does.
  static func duration(_ text: String) throws(KeySourceError) -> Duration {
    let wrong = KeySourceError(
      .usage,
      "VAULT_CLIENT_TIMEOUT must be a time above zero, for instance 60s or 1m30s"
    )
    let units: [Substring: Double] = ["": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600]
    var seconds = 0.0
    var rest = text[...]
    repeat {
      let number = rest.prefix { $0.isNumber || $0 == "." }
      let unit = rest.dropFirst(number.count).prefix { $0.isLetter }
      guard let value = Double(number), let scale = units[unit] else { throw wrong }
      guard !unit.isEmpty || number.count == text.count else { throw wrong }
      seconds += value * scale
      rest = rest.dropFirst(number.count + unit.count)
    } while !rest.isEmpty
    guard seconds >= 0.001, seconds <= 86_400 else { throw wrong }
    return .seconds(seconds)
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
