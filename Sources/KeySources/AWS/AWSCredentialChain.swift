import Glibc
import Secrets
import Transport

/// Finds credentials where AWS's own programs do, in the same order: the environment, the profile,
/// the container's endpoint, the instance's.
struct AWSCredentialChain: Sendable {
  /// Gives a variable that holds a secret.
  typealias SecretVariable = @Sendable (String) -> Secret?

  let settings: AWSSettings
  let client: any HTTPClient
  let variable: SecretVariable

  /// Finds credentials, and where to use them.
  ///
  /// - Throws: ``KeySourceError``, of kind `denied` where there are none.
  func access() async throws(KeySourceError) -> AWSAccess {
    let found = try environment()
    if let found, let region = settings.region {
      // Nothing is left for the files to say, so they need not be in order.
      return AWSAccess(credentials: found, region: region, endpoint: settings.endpoint)
    }
    let profile = try AWSProfileFiles.profile(settings)
    var endpoint = settings.endpoint
    if endpoint == nil, let url = profile.endpoint {
      endpoint = try AWSSettings.checked(url, from: "'endpoint_url' of '\(profile.name)'")
    }
    let credentials: AWSCredentials
    if let found { credentials = found } else { credentials = try await search(profile) }
    return AWSAccess(
      credentials: credentials,
      region: settings.region ?? profile.region,
      endpoint: endpoint
    )
  }

  private func search(
    _ profile: borrowing AWSProfile
  ) async throws(KeySourceError) -> AWSCredentials {
    if let found = try await self.profile(profile) { return found }
    guard !settings.hasWebIdentity else {
      throw KeySourceError(
        .denied,
        "nightjar does not log in to AWS with AWS_WEB_IDENTITY_TOKEN_FILE; use EKS Pod Identity, "
          + "or let the aws program read the secret: 'exec:aws secretsmanager get-secret-value "
          + "--secret-id ID --query SecretString --output text'"
      )
    }
    if let found = try await container() { return found }
    if let found = try await instance() { return found }
    throw KeySourceError(
      .denied,
      "found no AWS credentials: neither in the environment, nor in the profile "
        + "'\(profile.name)', nor from a container or an instance of EC2; set AWS_PROFILE, or "
        + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )
  }

  private func environment() throws(KeySourceError) -> AWSCredentials? {
    guard let id = text("AWS_ACCESS_KEY_ID") else { return nil }
    guard let key = filled("AWS_SECRET_ACCESS_KEY") else {
      throw KeySourceError(
        .denied,
        "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not; set both or none"
      )
    }
    return AWSCredentials(
      accessKeyID: id,
      secretKey: key,
      sessionToken: filled("AWS_SESSION_TOKEN"),
      origin: "the credentials in the environment"
    )
  }

  private func profile(
    _ profile: borrowing AWSProfile
  ) async throws(KeySourceError) -> AWSCredentials? {
    let origin = "the AWS profile '\(profile.name)'"
    if let login = profile.unsupported {
      throw KeySourceError(
        .denied,
        "nightjar does not log in to AWS with '\(login)' of \(origin); let the aws program do "
          + "it: put 'credential_process = aws configure export-credentials --profile "
          + "\(profile.name)' into a profile of its own and name that one in AWS_PROFILE"
      )
    }
    if let id = profile.accessKeyID {
      guard let key = profile.secretKey?.copy() else {
        throw KeySourceError(
          .denied,
          "\(origin) has an aws_access_key_id and no aws_secret_access_key; add it"
        )
      }
      return AWSCredentials(
        accessKeyID: id,
        secretKey: key,
        sessionToken: profile.sessionToken?.copy(),
        origin: origin
      )
    }
    guard let line = profile.credentialProcess else { return nil }
    let command = ShellCommand(line: line)
    let output = try await command.run()
    let name = "the credential_process of \(origin)"
    if let failure = CommandKeySource.failure(of: command, name, output) { throw failure }
    return try output.text.withBytes { text throws(KeySourceError) in
      try AWSCredentials(document: text, origin: name)
    }
  }

  private func text(_ name: String) -> String? {
    filled(name)?.withBytes { bytes in
      String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
  }

  private func filled(_ name: String) -> Secret? {
    guard let value = variable(name), value.count > 0 else { return nil }
    return value
  }
}

// MARK: - Over HTTP

extension AWSCredentialChain {
  /// What links that reach no further than this machine should need.
  private static let deadlines = Deadlines(
    connect: .seconds(1),
    firstByte: .seconds(2),
    stall: .seconds(2),
    total: .seconds(4)
  )

  private func container() async throws(KeySourceError) -> AWSCredentials? {
    guard let endpoint = settings.container else { return nil }
    let origin = "the container's credential endpoint"
    var token = filled("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    if let file = settings.containerTokenFile { token = try Self.token(in: file) }
    let headers = try Self.headers("Authorization", token)
    let response = try await ask(origin, .get, endpoint.url, headers)
    guard response.status == 200 else { throw Self.refusal(origin, response.status) }
    return try AWSCredentials(document: response.body.span, origin: origin)
  }

  /// Asks the instance metadata service, version 2; nil where there is none.
  private func instance() async throws(KeySourceError) -> AWSCredentials? {
    guard let base = settings.instanceMetadata?.url else { return nil }
    let origin = "the EC2 instance metadata service"
    let request = try Self.headers("X-aws-ec2-metadata-token-ttl-seconds", Self.secret("21600"))
    guard let token = try? await ask(origin, .put, base + "/latest/api/token", request) else {
      return nil
    }
    guard token.status == 200 else { throw Self.refusal(origin, token.status) }
    let headers = try Self.headers("X-aws-ec2-metadata-token", Secret(copying: token.body.span))
    let path = base + "/latest/meta-data/iam/security-credentials/"
    let roles = try await ask(origin, .get, path, headers)
    let role = String(decoding: roles.body, as: UTF8.self).prefix { !$0.isNewline }
    guard roles.status == 200, !role.isEmpty, role.utf8.allSatisfy(Self.isRoleByte) else {
      throw KeySourceError(
        .denied,
        "the EC2 instance has no role; attach an instance profile to it"
      )
    }
    let response = try await ask(origin, .get, path + role, headers)
    guard response.status == 200 else { throw Self.refusal(origin, response.status) }
    return try AWSCredentials(document: response.body.span, origin: "the instance role \(role)")
  }

  private func ask(
    _ name: String,
    _ method: HTTPRequest.Method,
    _ url: String,
    _ headers: RequestHeaders
  ) async throws(KeySourceError) -> HTTPResponse {
    do throws(TransportError) {
      return try await client.send(
        HTTPRequest(method: method, url: url, headers: headers, deadlines: Self.deadlines)
      )
    } catch {
      throw KeySourceError(.unavailable, "cannot reach \(name): \(error)")
    }
  }

  private static func headers(
    _ name: String,
    _ value: consuming Secret?
  ) throws(KeySourceError) -> RequestHeaders {
    do throws(TransportError) {
      guard let value else { return try RequestHeaders() }
      return try RequestHeaders([], credential: value, name: name)
    } catch {
      throw KeySourceError(.denied, "cannot ask for AWS credentials: \(error)")
    }
  }

  /// The token that EKS mounts, which changes from time to time.
  private static func token(in file: String) throws(KeySourceError) -> Secret {
    let descriptor = unsafe Glibc.open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw KeySourceError(
        .denied,
        "cannot open the AWS container token \(file): \(SecretFile.reason(errno))"
      )
    }
    defer { close(descriptor) }
    var token = try SecretFile.read(
      descriptor,
      path: file,
      what: "the AWS container token",
      largest: Key.largest
    )
    token.truncate(to: token.withBytes { $0.lengthWithoutLineBreak })
    return token
  }

  private static func secret(_ text: String) -> Secret {
    Secret(copying: text.utf8.span)
  }

  private static func refusal(_ name: String, _ status: Int) -> KeySourceError {
    let isOutage = status == 429 || status >= 500
    return KeySourceError(
      isOutage ? .unavailable : .denied,
      "\(name) answered with status \(status) instead of credentials"
        + (isOutage ? "; it is asked again" : "; check that this workload has a role")
    )
  }

  private static func isRoleByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || "+=,.@_-".utf8.contains(byte)
  }
}
