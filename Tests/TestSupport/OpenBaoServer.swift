import Foundation
import Synchronization

/// A real OpenBao on loopback, unsealed, with KV 2 at `secret/` and an audit log in a file.
///
/// It keeps its data in a folder of its own, so that it can be sealed, killed and started again. It
/// ends by itself after fifty minutes.
package final class OpenBaoServer: Sendable {
  /// What its listener shows and asks for; none means plain HTTP.
  package struct TLS: Sendable {
    var certificateFile: String
    var keyFile: String
    var clientAuthority: String?

    /// - Parameter clientAuthority: the PEM file of who must have signed the certificates that
    ///   clients then have to show.
    package init(certificateFile: String, keyFile: String, clientAuthority: String? = nil) {
      self.certificateFile = certificateFile
      self.keyFile = keyFile
      self.clientAuthority = clientAuthority
    }
  }

  /// Where it keeps its data.
  package enum Storage: Sendable {
    case file
    /// Raft, in a cluster with another server, or first in one.
    case raft(with: OpenBaoServer?)
  }

  /// What makes it the server it is, and is there once it was initialised.
  private struct Owner {
    var unsealKey = ""
    var rootToken = ""
    var process: OpenBaoProcess?
  }

  /// Where clients reach it.
  package let url: String
  /// Where it is reached without TLS, whatever its clients use.
  package let plainURL: String
  package let folder: String
  private let owner = Mutex(Owner())

  /// Whether the programs are there that this needs.
  package static var isInstalled: Bool { Tool.find("bao") != nil && Tool.find("curl") != nil }

  /// Starts it.
  package init(tls: TLS? = nil, storage: Storage = .file) throws {
    folder = NSTemporaryDirectory() + "nightjar-openbao-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: folder + "/data",
      withIntermediateDirectories: true
    )
    let port = try FreePort.find()
    let plainPort = tls == nil ? port : try FreePort.find()
    url = "\(tls == nil ? "http" : "https")://127.0.0.1:\(port)"
    plainURL = "http://127.0.0.1:\(plainPort)"
    try configuration(tls, storage).write(
      toFile: folder + "/bao.hcl",
      atomically: true,
      encoding: .utf8
    )
    try launch()
    if case .raft(let first?) = storage {
      owner.withLock { $0.unsealKey = first.unsealKey }
      owner.withLock { $0.rootToken = first.rootToken }
      try unseal()
    } else {
      try initialise()
    }
  }

  deinit { stop() }

  /// Ends it for good, and removes its folder.
  package func stop() {
    kill()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// The token that may do everything.
  package var rootToken: String { owner.withLock { $0.rootToken } }
  private var unsealKey: String { owner.withLock { $0.unsealKey } }

  // MARK: - Life

  /// Ends it at once, as kill -9 does; its data stays.
  package func kill() {
    let process = owner.withLock { owner in
      defer { owner.process = nil }
      return owner.process
    }
    process?.kill()
  }

  /// Starts it again on the same port after ``kill()``, and unseals it.
  package func restart() throws {
    try launch()
    try unseal()
  }

  /// Starts it again, sealed.
  package func launch() throws {
    let process = try OpenBaoProcess(
      ["server", "-config=\(folder)/bao.hcl"],
      home: folder,
      untilItSays: "server started!"
    )
    owner.withLock { $0.process = process }
  }

  /// Makes it forget its keys; it then answers 503 until ``unseal()``.
  package func seal() throws {
    try call("PUT", "sys/seal").checked()
  }

  /// Gives it its key back, and waits until it serves.
  package func unseal() throws {
    try wait("to be unsealed") {
      // A server that is joining a cluster takes the key to join, and again to serve; it needs a
      // moment in between.
      _ = try call("PUT", "sys/unseal", ["key": unsealKey])
      let moment = ContinuousClock.now + .seconds(1)
      repeat {
        if [200, 429].contains(health) { return true }
      } while ContinuousClock.now < moment
      return false
    }
  }

  /// What it says of itself: 200 active, 429 standby, 503 sealed; 0 when it does not answer.
  package var health: Int { (try? call("GET", "sys/health").status) ?? 0 }

  /// Repeats a question until the answer is yes, for half a minute at most.
  package func wait(_ what: String, _ isDone: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try !isDone() {
      guard ContinuousClock.now < deadline else {
        throw TestServerError("OpenBao did not come \(what)")
      }
    }
  }

  private func initialise() throws {
    let answer = try call("PUT", "sys/init", ["secret_shares": 1, "secret_threshold": 1])
    owner.withLock { owner in
      owner.unsealKey = answer.strings("keys_base64").first ?? ""
      owner.rootToken = answer.string("root_token") ?? ""
    }
    try unseal()
    try wait("to lead") { health == 200 }
    try mount("secret", version: 2)
  }

  // MARK: - Configuration

  private func configuration(_ tls: TLS?, _ storage: Storage) throws -> String {
    let cluster = "127.0.0.1:\(try FreePort.find())"
    let plain = ["tls_disable = true", "cluster_address = \"\(cluster)\""]
    var secure = ""
    if let tls {
      var lines = [
        "tls_cert_file = \"\(tls.certificateFile)\"", "tls_key_file = \"\(tls.keyFile)\"",
      ]
      if let authority = tls.clientAuthority {
        lines.append("tls_require_and_verify_client_cert = true")
        lines.append("tls_client_ca_file = \"\(authority)\"")
      }
      secure = Self.listener(url, lines)
    }
    return """
      \(Self.listener(plainURL, plain))
      \(secure)
      \(store(storage))
      api_addr = "\(url)"
      cluster_addr = "http://\(cluster)"
      audit "file" "main" {
        options { file_path = "\(folder)/audit.log" }
      }
      """
  }

  private static func listener(_ url: String, _ lines: [String]) -> String {
    """
    listener "tcp" {
      address = "\(url.split(separator: "/")[1])"
      \(lines.joined(separator: "\n  "))
    }
    """
  }

  private func store(_ storage: Storage) -> String {
    guard case .raft(let first) = storage else {
      return "storage \"file\" { path = \"\(folder)/data\" }"
    }
    return """
      storage "raft" {
        path = "\(folder)/data"
        node_id = "\(url)"
        performance_multiplier = 1
        \(first.map { "retry_join { leader_api_addr = \"\($0.plainURL)\" }" } ?? "")
      }
      """
  }
}
