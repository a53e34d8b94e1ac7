import Foundation
import KeySources
import Synchronization
import TestSupport
import Testing
import Transport

/// The OpenBao that the tests of a suite share, each with secrets of its own; it ends with them.
struct SharedOpenBao: SuiteTrait, TestScoping {
  @TaskLocal static var running: OpenBaoServer?

  static var server: OpenBaoServer {
    get throws { try #require(running) }
  }

  func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let server = try OpenBaoServer()
    defer { server.stop() }
    try await Self.$running.withValue(server) { try await function() }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips the test by name where there is no OpenBao to run it against.
  static var needsOpenBao: Self {
    .enabled(if: OpenBaoServer.isInstalled, "needs bao and curl; scripts/setup installs them")
  }
}

/// A user of a server: a login and how to reach it.
struct VaultUser {
  var settings: VaultSettings

  /// Logs in with a token from a file, which is root's unless another is given.
  init(of server: OpenBaoServer, token: String? = nil) throws {
    let file = try server.file(holding: token ?? server.rootToken)
    self.init(of: server, auth: .token(environment: [], file: file))
  }

  init(of server: OpenBaoServer, auth: VaultSettings.Auth) {
    settings = VaultSettings(addresses: [server.url], auth: auth)
  }

  func vault(clock: VaultClock = VaultClock()) throws -> Vault {
    try Vault(settings, clock: clock)
  }

  /// The source of a reference, on a connection of its own.
  func source(_ path: String, field: String? = "key") throws -> VaultKeySource {
    try vault().source(path: path, field: field)
  }

  /// What the source answers now, as text.
  func values(_ path: String, field: String? = "key") async throws -> [String] {
    try await source(path, field: field).values()
  }
}

extension VaultKeySource {
  /// Everything that it gives.
  func keys() async throws -> [Key] { try await fetch(unless: nil) ?? [] }

  func values() async throws -> [String] { try await keys().map(value(of:)) }

  /// Why the key cannot be had.
  func problem() async throws -> KeySourceError { try await failure() }
}

extension OpenBaoServer {
  /// A private file with a line of text, which is there for as long as the server.
  func file(holding text: String, mode: Int = 0o600) throws -> String {
    let path = "\(folder)/\(UUID().uuidString)"
    try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  /// A token that may read these paths and nothing else.
  func reader(of paths: String...) throws -> String {
    let name = "reader-\(UUID().uuidString)"
    try allowReading(paths, as: name)
    return try createToken(policies: [name])
  }
}

/// Sends requests on, and counts them.
final class CountingClient: HTTPClient {
  let transport: CurlTransport
  private let sent = Mutex((count: 0, statuses: [Int]()))

  init(_ transport: CurlTransport) {
    self.transport = transport
  }

  var count: Int { sent.withLock { $0.count } }
  /// What was answered, in order; requests without an answer are not in it.
  var statuses: [Int] { sent.withLock { $0.statuses } }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    sent.withLock { $0.count += 1 }
    let response = try await transport.send(request)
    sent.withLock { $0.statuses.append(response.status) }
    return response
  }
}
