import JSON
package import Secrets
package import Transport

/// AWS Secrets Manager, as all `aws-sm:` references of a run ask it: one client, one set of
/// credentials.
package final class SecretsManager: Sendable {
  private static let deadlines = Deadlines(
    connect: .seconds(5),
    firstByte: .seconds(15),
    stall: .seconds(15),
    total: .seconds(20)
  )

  private let client: any HTTPClient
  /// The client, where it was made here and is to be stopped here.
  private let transport: CurlTransport?
  private let keeper: AWSAccessKeeper

  /// Reads nothing yet: the first secret that is asked for makes it look for credentials.
  ///
  /// - Parameters:
  ///   - settings: where to ask, and as whom.
  ///   - client: sends the requests; nil for one of its own.
  ///   - secretVariable: gives an environment variable that holds a secret, such as
  ///     `AWS_SECRET_ACCESS_KEY`.
  ///   - now: the clock, in milliseconds since 1970, by which credentials expire.
  /// - Throws: ``KeySourceError`` of kind `denied` when a client cannot be made, for instance
  ///   because the file in `AWS_CA_BUNDLE` cannot be read.
  package init(
    settings: AWSSettings,
    client: (any HTTPClient)? = nil,
    secretVariable: @escaping @Sendable (String) -> Secret? = {
      EnvironmentKeySource.secret(in: $0)
    },
    now: @escaping @Sendable () -> Int64 = { Timestamp.now() }
  ) throws(KeySourceError) {
    transport = client == nil ? try Self.transport(settings) : nil
    guard let client = client ?? transport else {
      throw KeySourceError(.unavailable, "cannot ask AWS Secrets Manager: no client")
    }
    self.client = client
    let chain = AWSCredentialChain(settings: settings, client: client, variable: secretVariable)
    keeper = AWSAccessKeeper(chain, now: now)
  }

  /// The source of a secret's value.
  ///
  /// - Parameters:
  ///   - id: its name or ARN; an ARN also says the region.
  ///   - field: the field where the value is a JSON object; see ``JSONField``.
  package func source(id: String, field: String? = nil) -> any KeySource {
    SecretsManagerKeySource(id: id, field: field, manager: self)
  }

  /// Ends what is under way; nothing can be asked any more.
  package func close() async {
    await transport?.shutdown()
  }

  /// Asks for the version of a secret that has a label.
  ///
  /// Credentials that AWS does not accept are looked up again once: they may have been replaced.
  ///
  /// - Parameters:
  ///   - stage: the label, such as `AWSCURRENT`.
  ///   - id: the secret's name or ARN.
  /// - Throws: ``KeySourceError``, of kind `gone` where there is no such version.
  func value(_ stage: String, of id: String) async throws(KeySourceError) -> SecretsManagerValue {
    let name = KeyReference.awsSecretsManager(id: id).description
    var mayRetry = true
    while true {
      let access = try await keeper.access()
      let region = try Self.region(of: id, access)
      let response = try await ask(stage, id, access, region)
      if response.status == 200 {
        return try SecretsManagerValue(body: response.body.span, of: name)
      }
      let refusal = AWSRefusal(response, to: access.credentials)
      let areRefused = refusal.verdict == .credentials
      if areRefused { keeper.discard(access.credentials) }
      guard areRefused, mayRetry else {
        throw refusal.error(for: name, region: region, origin: access.credentials.origin)
      }
      mayRetry = false
    }
  }

  private func ask(
    _ stage: String,
    _ id: String,
    _ access: AWSAccess,
    _ region: String
  ) async throws(KeySourceError) -> HTTPResponse {
    let signature = try access.credentials.signature(region: region)
    let headers = try access.credentials.headers([
      ("Content-Type", "application/x-amz-json-1.1"),
      ("X-Amz-Target", "secretsmanager.GetSecretValue"),
    ])
    let quote = jsonQuoted
    let body = #"{"SecretId":\#(quote(id)),"VersionStage":\#(quote(stage))}"#
    let url = access.endpoint?.url ?? Self.url(of: region)
    var request = HTTPRequest(
      url: url,
      headers: headers,
      body: Array(body.utf8)[...],
      deadlines: Self.deadlines
    )
    request.signature = signature
    do throws(TransportError) {
      return try await client.send(request)
    } catch {
      throw KeySourceError(.unavailable, "cannot reach AWS Secrets Manager at \(url): \(error)")
    }
  }

  /// Where a secret is: its ARN says so, or else the settings do.
  private static func region(
    of id: String,
    _ access: AWSAccess
  ) throws(KeySourceError) -> String {
    let parts = id.split(separator: ":", omittingEmptySubsequences: false)
    // It becomes part of the host to which credentials go.
    if parts.count > 6, parts[0] == "arn" {
      guard isRegion(parts[3]) else {
        throw KeySourceError(
          .usage,
          "the ARN of an aws-sm: reference names no region of AWS; copy it from the secret"
        )
      }
      return String(parts[3])
    }
    guard let region = access.region else {
      throw KeySourceError(
        .usage,
        "the region of AWS is not known; set AWS_REGION, for instance to eu-central-1, or "
          + "'region' in the profile"
      )
    }
    return region
  }

  private static func isRegion(_ text: Substring) -> Bool {
    (1...40).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
      }
  }

  private static func url(of region: String) -> String {
    "https://secretsmanager.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
  }

  private static func transport(_ settings: AWSSettings) throws(KeySourceError) -> CurlTransport {
    do throws(TransportError) {
      return try CurlTransport(.init(caFile: settings.caFile, maxResponseBytes: 1 << 20))
    } catch {
      throw KeySourceError(.denied, "cannot ask AWS Secrets Manager: \(error)")
    }
  }
}
