import Foundation
import KeySources
import Secrets
import TestSupport
import Transport

/// An AWS account that moto keeps, with an administrator who sets up what tests need.
final class MotoAccount: Sendable {
  /// An access key, as the environment of a program holds it.
  struct Login: Sendable {
    var id: String
    var key: String
    var token: String?

    var environment: [String: String] {
      var variables = ["AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": key]
      variables["AWS_SESSION_TOKEN"] = token
      return variables
    }

    /// As endpoints of containers and instances give it.
    func document(expires: String = "2099-01-01T00:00:00Z") -> String {
      let token = token.map { #", "Token": "\#($0)""# } ?? ""
      return #"{"AccessKeyId": "\#(id)", "SecretAccessKey": "\#(key)", "Expiration": "\#(expires)""#
        + token + "}"
    }
  }

  /// One for all tests, which make users and secrets of their own.
  static let shared = Task { try await MotoAccount() }

  let url: String
  private let server: MotoServer
  private let client: CurlTransport
  private let administrator: Login

  private init() async throws {
    server = try MotoServer(freeActions: 3)
    url = server.url
    client = try CurlTransport()
    let nobody = Login(id: "nobody", key: "nothing")
    let create = { [client, url] (form: [String: String]) in
      try await Self.call(client, url, nobody, form)
    }
    _ = try await create(["Action": "CreateUser", "UserName": "root"])
    _ = try await create(Self.policy(for: "User", "root", allowing: "*"))
    let key = try await create(["Action": "CreateAccessKey", "UserName": "root"])
    administrator = try Self.login(in: key)
  }

  /// A new user who may do one thing.
  func user(allowing action: String = "secretsmanager:GetSecretValue") async throws -> Login {
    let name = Self.name()
    _ = try await manage(["Action": "CreateUser", "UserName": name])
    _ = try await manage(Self.policy(for: "User", name, allowing: action))
    return try Self.login(in: try await manage(["Action": "CreateAccessKey", "UserName": name]))
  }

  /// A new role that may read secrets, taken on for an hour.
  func session() async throws -> Login {
    let name = Self.name()
    let trust = Self.document(#""Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#)
    _ = try await manage([
      "Action": "CreateRole", "RoleName": name, "AssumeRolePolicyDocument": trust,
    ])
    let read = "secretsmanager:GetSecretValue"
    _ = try await manage(Self.policy(for: "Role", name, allowing: read))
    let role = "arn:aws:iam::123456789012:role/\(name)"
    let form = ["Action": "AssumeRole", "RoleSessionName": "test", "RoleArn": role]
    return try Self.login(in: try await Self.call(client, url, administrator, form, "sts"))
  }

  /// Puts a value, as a new version of the secret; returns the secret's name.
  @discardableResult
  func put(_ value: String, _ name: String = MotoAccount.name()) async throws -> String {
    let fields = #""SecretString": "\#(value.replacing("\"", with: "\\\""))""#
    return try await put(fields: fields, name)
  }

  @discardableResult
  func put(fields: String, _ name: String = MotoAccount.name()) async throws -> String {
    let version = UUID().uuidString.lowercased()
    let body = #""ClientRequestToken": "\#(version)", \#(fields)}"#
    let exists = try await secrets("DescribeSecret", #"{"SecretId": "\#(name)"}"#).status == 200
    let response =
      exists
      ? try await secrets("PutSecretValue", #"{"SecretId": "\#(name)", "# + body)
      : try await secrets("CreateSecret", #"{"Name": "\#(name)", "# + body)
    guard response.status == 200 else { throw TestServerError("moto refused to store") }
    return name
  }

  func delete(_ name: String) async throws {
    let response = try await secrets("DeleteSecret", #"{"SecretId": "\#(name)"}"#)
    guard response.status == 200 else { throw TestServerError("moto refused to delete") }
  }

  static func name() -> String { "test-\(UUID().uuidString.lowercased())" }

  // MARK: - Calls

  private func manage(_ form: [String: String]) async throws -> String {
    try await Self.call(client, url, administrator, form)
  }

  private func secrets(_ action: String, _ json: String) async throws -> HTTPResponse {
    let type = "application/x-amz-json-1.1"
    let fields = [("Content-Type", type), ("X-Amz-Target", "secretsmanager.\(action)")]
    return try await Self.send(client, url, administrator, fields, json, "secretsmanager")
  }

  private static func call(
    _ client: CurlTransport,
    _ url: String,
    _ login: Login,
    _ form: [String: String],
    _ service: String = "iam"
  ) async throws -> String {
    let fields = [("Content-Type", "application/x-www-form-urlencoded")]
    let pairs = form.map { "\($0.key)=\(encoded($0.value))" }
    let body = pairs.joined(separator: "&")
    let response = try await send(client, url, login, fields, body, service)
    let text = String(decoding: response.body, as: UTF8.self)
    guard response.status == 200 else { throw TestServerError("moto refused: \(text)") }
    return text
  }

  private static func send(
    _ client: CurlTransport,
    _ url: String,
    _ login: Login,
    _ fields: [(name: String, value: String)],
    _ body: String,
    _ service: String
  ) async throws -> HTTPResponse {
    var request = HTTPRequest(
      url: url,
      headers: try RequestHeaders(fields),
      body: Array(body.utf8)[...]
    )
    request.signature = try AWSSignature(
      region: "us-east-1",
      service: service,
      accessKeyID: login.id,
      secretKey: secret(login.key)
    )
    return try await client.send(request)
  }

  private static func policy(
    for kind: String,
    _ name: String,
    allowing action: String
  ) -> [String: String] {
    let document = document(#""Action":"\#(action)","Resource":"*""#)
    return [
      "Action": "Put\(kind)Policy", "\(kind)Name": name, "PolicyName": "p",
      "PolicyDocument": document,
    ]
  }

  private static func document(_ fields: String) -> String {
    #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",\#(fields)}]}"#
  }

  /// As moto encodes it again to check the signature.
  private static func encoded(_ text: String) -> String {
    let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
    return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
  }

  private static func login(in xml: String) throws -> Login {
    func element(_ name: String) -> String? {
      guard let start = xml.range(of: "<\(name)>"), let end = xml.range(of: "</\(name)>") else {
        return nil
      }
      return String(xml[start.upperBound..<end.lowerBound])
    }
    guard let id = element("AccessKeyId"), let key = element("SecretAccessKey") else {
      throw TestServerError("moto gave no access key")
    }
    return Login(id: id, key: key, token: element("SessionToken"))
  }
}
