import KeySources
import TestSupport
import Testing

/// Reads from moto, which verifies every signature and policy.
@Suite(
  .enabled(if: MotoServer.isInstalled, "moto_server is not installed"),
  .timeLimit(.minutes(10))
)
struct AWSSecretsManagerTests {
  private func account() async throws -> MotoAccount { try await MotoAccount.shared.value }

  @Test func `gives the current value, a field of it, and bytes`() async throws {
    let account = try await account()
    let caller = AWSCaller.of(account, try await account.user().environment)
    let plain = try await caller.read(try await account.put("sk-value"))
    #expect(value(of: plain) == "sk-value")
    let json = try await account.put(#"{"api_key":"sk-field","id":7}"#)
    #expect(value(of: try await caller.read(json, field: "api_key")) == "sk-field")
    #expect(try await caller.failure(json).description.contains("It has: api_key, id"))
    let bytes = try await account.put(fields: #""SecretBinary": "c2stYmluYXJ5""#)
    #expect(value(of: try await caller.read(bytes)) == "sk-binary")
  }

  @Test func `after a rotation the value before is there too`() async throws {
    let account = try await account()
    let caller = AWSCaller.of(account, try await account.user().environment)
    let name = try await account.put("sk-1")
    try await caller.using { manager in
      let source = manager.source(id: name)
      let first = try #require(try await source.fetch(unless: nil))
      #expect(first.map(value(of:)) == ["sk-1"])
      let same = try await source.fetch(unless: first[0].label)
      #expect(same?.count == nil)
      try await account.put("sk-2", name)
      let second = try await source.fetch(unless: first[0].label)
      #expect(second?.map(value(of:)) == ["sk-2", "sk-1"])
      try await account.put("sk-3", name)
      let third = try #require(try await source.fetch(unless: second?.first?.label))
      #expect(third.map(value(of:)) == ["sk-3", "sk-2"])
      #expect(Set((first + third).map(\.label)).count == 3)
    }
  }

  @Test func `the session of a role is good with its token only`() async throws {
    let account = try await account()
    let name = try await account.put("sk-value")
    var session = try await account.session()
    let key = try await AWSCaller.of(account, session.environment).read(name)
    #expect(value(of: key) == "sk-value")
    session.token = "another-token"
    let error = try await AWSCaller.of(account, session.environment).failure(name)
    #expect(error.kind == .denied)
    #expect(!error.description.contains("another-token"))
  }

  @Test func `credentials that are not good are denied and not shown`() async throws {
    let account = try await account()
    let name = try await account.put("sk-value")
    let good = try await account.user()
    let bad = [
      MotoAccount.Login(id: good.id, key: "0123456789-not-the-key"),
      MotoAccount.Login(id: "AKIANOSUCHKEY1234567", key: good.key),
    ]
    for login in bad {
      let error = try await AWSCaller.of(account, login.environment).failure(name)
      #expect(error.kind == .denied)
      #expect(error.description.contains("does not accept the credentials in the environment"))
      #expect(!error.description.contains(login.key))
    }
  }

  @Test func `a policy that does not allow it is named with what it lacks`() async throws {
    let account = try await account()
    let name = try await account.put("sk-value")
    let login = try await account.user(allowing: "secretsmanager:ListSecrets")
    let error = try await AWSCaller.of(account, login.environment).failure(name)
    #expect(error.kind == .denied)
    #expect(error.description.contains("secretsmanager:GetSecretValue"))
    #expect(error.description.contains("aws-sm:\(name)"))
  }

  @Test func `a secret that was deleted, or never was, is gone`() async throws {
    let account = try await account()
    let caller = AWSCaller.of(account, try await account.user().environment)
    #expect(try await caller.failure("no-such-secret").kind == .gone)
    let name = try await account.put("sk-value")
    #expect(value(of: try await caller.read(name)) == "sk-value")
    try await account.delete(name)
    let error = try await caller.failure(name)
    #expect(error.kind == .gone)
    #expect(error.description.contains("us-east-1"))
  }

  @Test func `an ARN says its region itself`() async throws {
    let account = try await account()
    var caller = AWSCaller.of(account, try await account.user().environment)
    caller.environment["AWS_REGION"] = "eu-central-1"
    let name = try await account.put("sk-value")
    #expect(try await caller.failure(name).kind == .gone)
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:\(name)"
    #expect(value(of: try await caller.read(arn)) == "sk-value")
  }

  @Test func `an endpoint that nobody listens at is an outage`() async throws {
    let account = try await account()
    var caller = AWSCaller.of(account, try await account.user().environment)
    caller.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:\(try FreePort.find())"
    #expect(try await caller.failure("any").kind == .unavailable)
  }
}
