import JSON
import Secrets

/// Opens what Vault has wrapped for one use.
///
/// A wrapping token says where its content was made. That is checked first: somebody who took the
/// true token away could have put one of their own in its place.
struct VaultWrapping {
  /// Where a content must have been made.
  enum Origin {
    /// By the secret-id endpoint of an AppRole; nil for any role of the mount.
    case secretID(mount: String, role: String?)
    /// By an agent, which wraps its token or its login.
    case agent

    /// Whether a creation path is the place; a namespace may stand in front of it.
    func matches(_ path: String) -> Bool {
      let parts = path.split(separator: "/").map(String.init)
      switch self {
      case .secretID(let mount, let role):
        let mount = mount.split(separator: "/").map(String.init)
        let tail = parts.suffix(mount.count + 4)
        guard tail.starts(with: ["auth"] + mount + ["role"]), let last = tail.last else {
          return false
        }
        let name = tail.dropLast().last
        return ["secret-id", "custom-secret-id"].contains(last) && (role == nil || name == role)
      case .agent:
        return path == "sys/wrapping/wrap" || path.hasSuffix("/sys/wrapping/wrap")
          || parts.contains("auth") && parts.last == "login"
      }
    }
  }

  private let client: VaultClient
  private let namespace: String?

  init(_ client: VaultClient, namespace: String?) {
    self.client = client
    self.namespace = namespace
  }

  /// Checks and opens a wrapping token.
  ///
  /// - Parameters:
  ///   - token: the wrapping token.
  ///   - origin: where its content must have been made.
  ///   - file: the file that it was in, for messages.
  /// - Throws: ``KeySourceError`` of kind `denied` for a token that was used before or was made
  ///   elsewhere, which are signs that somebody has meddled with it.
  func open(
    _ token: VaultCredential,
    from origin: Origin,
    in file: String
  ) async throws(KeySourceError) -> VaultCredential {
    let body = VaultRequest.object([], "token", token.secret)
    let lookup = try await client.send(.post("sys/wrapping/lookup", body: body))
    guard lookup.status == 200, let path = lookup.body.string(["data", "creation_path"]) else {
      throw used(file)
    }
    guard origin.matches(path) else {
      throw KeySourceError(
        .denied,
        "the wrapping token in \(file) was not made where it should have been; somebody may have "
          + "exchanged it, so it was left unopened: find out who wrote it, and put a new one there"
      )
    }
    var request = VaultRequest.post("sys/wrapping/unwrap", token: token)
    request.isRepeatable = false
    let reply = try await client.send(request)
    let places = [["data", "secret_id"], ["data", "token"], ["auth", "client_token"]]
    for place in places {
      if let content = reply.body.secret(place) { return VaultCredential(content) }
    }
    throw used(file)
  }

  private func used(_ file: String) -> KeySourceError {
    KeySourceError(
      .denied,
      "the wrapping token in \(file) has expired or was opened before; unless nightjar opened it "
        + "itself in an earlier run, somebody else has read what was in it: revoke that, and put a "
        + "new wrapping token there"
    )
  }

  /// The wrapping token in the JSON that an agent writes into its sink.
  static func token(
    inSink text: VaultCredential,
    _ file: String
  ) throws(KeySourceError) -> VaultCredential {
    let token = text.secret.withBytes { text in
      let root = try? JSONScanner.wholeValue(in: text)
      let members = root.flatMap { try? $0.members(in: text) } ?? []
      return members.first { $0.name == "token" && $0.value.kind == .string }
        .map { VaultCredential($0.value.secret(in: text)) }
    }
    guard let token else {
      throw KeySourceError(
        .denied,
        "the agent's sink \(file) holds no token that nightjar can read; leave out 'dh_type' and "
          + "'dh_path' in the agent's configuration"
      )
    }
    return token
  }
}
