import Foundation
import KeySources
import Synchronization
import TestSupport
import Testing

/// The places where credentials are found, in front of moto, which verifies them.
@Suite(
  .enabled(if: MotoServer.isInstalled, "moto_server is not installed"),
  .timeLimit(.minutes(10))
)
struct AWSCredentialTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func account() async throws -> MotoAccount { try await MotoAccount.shared.value }

  private func files(_ more: [String: String] = [:]) -> [String: String] {
    let files = [
      "AWS_SHARED_CREDENTIALS_FILE": folder.path + "/credentials",
      "AWS_CONFIG_FILE": folder.path + "/config",
    ]
    return files.merging(more) { $1 }
  }

  @Test func `a profile of the credentials file, which may be exchanged`() async throws {
    let account = try await account()
    let name = try await account.put("sk-value")
    let login = try await account.user()
    let text = """
      [default]
      aws_access_key_id = AKIANOSUCHKEY1234567
      aws_secret_access_key = nothing

      [ night ]
      # for nightjar
      aws_access_key_id=\(login.id)
      aws_secret_access_key =  \(login.key)
      """
    try folder.write(text, to: "credentials")
    let caller = AWSCaller.of(account, files(["AWS_PROFILE": "night"]))
    #expect(value(of: try await caller.read(name)) == "sk-value")

    let other = AWSCaller.of(account, files())
    try await other.using { manager in
      let source = manager.source(id: name)
      let error = try await source.failure()
      #expect(error.description.contains("the AWS profile 'default'"))
      try folder.write(
        text.replacing("default", with: "x").replacing(" night ", with: "default"),
        to: "credentials"
      )
      #expect(value(of: try await source.newest()) == "sk-value")
    }
  }

  @Test func `a profile of the config file says region, address and command`() async throws {
    let account = try await account()
    let name = try await account.put("sk-value")
    let login = try await account.user()
    try folder.write(login.document(), to: "login.json")
    let config = """
      [profile night]
      region = us-east-1
      endpoint_url = \(account.url)
      s3 =
        region = eu-central-1
      credential_process = cat '\(folder.path)/login.json'
      [profile other]
      region = eu-west-1
      """
    try folder.write(config, to: "config", mode: 0o644)
    let environment = files(["AWS_PROFILE": "night", "AWS_EC2_METADATA_DISABLED": "true"])
    #expect(value(of: try await AWSCaller(environment: environment).read(name)) == "sk-value")
  }

  @Test(arguments: [
    (
      "credentials", "[default]\naws_access_key_id = a\naws_secret_access_key = b", 0o664,
      "chmod 600"
    ),
    ("config", "[default]\naws_access_key_id = a\naws_secret_access_key = b", 0o644, "chmod 600"),
    ("config", "[default]\ncredential_process = true", 0o666, "chmod go-w"),
    ("config", "[default]\nrole_arn = arn:aws:iam::1:role/r", 0o600, "export-credentials"),
    ("config", "[default]\nsso_session = s", 0o600, "export-credentials"),
    ("config", "[default]\ncredential_process = false", 0o600, "exit status 1"),
    ("config", "[default]\ncredential_process = echo '{}'", 0o600, "gave no credentials"),
    ("credentials", "[default]\naws_access_key_id = a", 0o600, "no aws_secret_access_key"),
    ("credentials", "", 0o600, "found no AWS credentials"),
  ])
  func `what cannot be used is refused with a reason`(
    file: String,
    text: String,
    mode: Int,
    words: String
  ) async throws {
    try folder.write(text, to: file, mode: mode)
    let error = try await AWSCaller.of(try await account(), files()).failure("any")
    #expect(error.description.contains(words))
  }

  @Test func `a token of a web identity is not passed over in silence`() async throws {
    let caller = AWSCaller.of(
      try await account(),
      files(["AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token"])
    )
    #expect(try await caller.failure("any").description.contains("exec:aws secretsmanager"))
  }

  @Test func `a profile that was asked for must be there`() async throws {
    let caller = AWSCaller.of(try await account(), files(["AWS_PROFILE": "night"]))
    #expect(
      try await caller.failure("any").description.contains("no AWS profile is called 'night'")
    )
  }

  @Test func `a container's endpoint, asked with the token that is mounted`() async throws {
    let account = try await account()
    let name = try await account.put("sk-value")
    let session = try await account.session()
    let server = try RawServer { connection in
      while connection.readRequest() != nil { connection.answer(session.document()) }
    }
    defer { server.stop() }
    let caller = AWSCaller.of(
      account,
      files([
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": try folder.write("pod-token\n", to: "token"),
      ])
    )
    #expect(value(of: try await caller.read(name)) == "sk-value")
    #expect(server.requests.count == 1)
    #expect(server.requests[0].hasPrefix("GET /v1/credentials HTTP/1.1"))
    #expect(server.requests[0].contains("Authorization: pod-token\r\n"))
  }

  @Test func `an instance's metadata service, asked with a token of its own`() async throws {
    let account = try await account()
    let name = try await account.put("sk-value")
    let session = try await account.session()
    let server = try RawServer { connection in
      while let request = connection.readRequest() {
        switch request.prefix(while: { !$0.isNewline }) {
        case "PUT /latest/api/token HTTP/1.1": connection.answer("imds-token")
        case "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1":
          connection.answer("night-role")
        case "GET /latest/meta-data/iam/security-credentials/night-role HTTP/1.1":
          connection.answer(session.document())
        default: connection.answer("")
        }
      }
    }
    defer { server.stop() }
    let caller = AWSCaller.of(
      account,
      files([
        "AWS_EC2_METADATA_DISABLED": "",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url,
      ])
    )
    #expect(value(of: try await caller.read(name)) == "sk-value")
    let requests = server.requests
    #expect(requests.count == 3)
    #expect(requests[0].contains("X-aws-ec2-metadata-token-ttl-seconds: 21600"))
    #expect(requests.dropFirst().allSatisfy { $0.contains("X-aws-ec2-metadata-token: imds-token") })
  }

  @Test func `the metadata service that moto plays gives a role that AWS does not know`()
    async throws
  {
    let account = try await account()
    let caller = AWSCaller.of(
      account,
      files([
        "AWS_EC2_METADATA_DISABLED": "",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": account.url,
      ])
    )
    let error = try await caller.failure("any")
    #expect(error.description.contains("does not accept the instance role default-role"))
  }

  @Test func `credentials are kept, renewed before they run out, and kept through an outage`()
    async throws
  {
    let account = try await account()
    let name = try await account.put("sk-value")
    let session = try await account.session()
    let isDown = Mutex(false)
    let expires = Mutex("2030-01-01T01:00:00Z")
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        if isDown.withLock({ $0 }) { return connection.close() }
        connection.answer(session.document(expires: expires.withLock { $0 }))
      }
    }
    defer { server.stop() }
    let start = try #require(Timestamp.moment("2030-01-01T00:00:00Z"))
    let now = Mutex(start)
    var caller = AWSCaller.of(account, files(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url]))
    caller.now = { now.withLock { $0 } }
    try await caller.using { manager in
      let source = manager.source(id: name)
      for (minute, asked) in [(0, 1), (54, 1), (56, 2)] {
        now.withLock { $0 = start + Int64(minute) * 60_000 }
        let key = try await source.newest()
        #expect(value(of: key) == "sk-value")
        #expect(server.requests.count == asked)
        expires.withLock { $0 = "2030-01-01T02:00:00Z" }
      }
      isDown.withLock { $0 = true }
      now.withLock { $0 = start + 116 * 60_000 }
      let kept = try await source.newest()
      #expect(value(of: kept) == "sk-value")
      now.withLock { $0 = start + 120 * 60_000 }
      let error = try await source.failure()
      #expect(error.kind == .unavailable)
    }
  }
}

extension RawConnection {
  fileprivate func answer(_ text: String) {
    write("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
  }
}
