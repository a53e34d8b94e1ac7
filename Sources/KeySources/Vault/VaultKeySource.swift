import Secrets
import Synchronization

/// A key in the key/value engine of Vault or OpenBao.
///
/// With version 2 of the engine each fetch asks for the secret's metadata, and for values only when
/// they name another version than the caller has; the version before the present one is given too,
/// for the time of overlap. Where the policy forbids the metadata, and with version 1 of the
/// engine, each fetch reads the value.
package final class VaultKeySource: KeySource {
  /// What was found out, without any value.
  private struct State {
    var secret: VaultSecretPath?
    /// The versions that were given last.
    var given: VaultMetadata?
    /// A version that the server said is no more.
    var lost: VaultVersion?
  }

  package let isRemote = true
  package let reference: KeyReference
  private let path: String
  private let field: VaultField
  private let vault: Vault
  private let state = Mutex(State())

  init(path: String, field: String?, vault: Vault) {
    self.path = path
    self.vault = vault
    reference = .vault(path: path, field: field)
    self.field = VaultField(name: field, reference: reference)
  }

  package func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    do throws(KeySourceError) {
      let secret = try await locate()
      if secret.kvVersion == 1 { return [try await onlyKey(of: secret)] }
      let reply = try await vault.read(secret.metadata)
      switch reply.status {
      case 200: return try await keys(of: secret, VaultMetadata(reply.body), unless: label)
      case 403: return try await keysWithoutMetadata(of: secret)
      default: throw problem(reply, secret)
      }
    } catch {
      // What is no more may come back as something else, such as another engine.
      if error.kind == .gone { state.withLock { $0.secret = nil } }
      throw error
    }
  }

  /// Finds out which part of the path is the mount, and the version of its engine.
  private func locate() async throws(KeySourceError) -> VaultSecretPath {
    if let secret = state.withLock({ $0.secret }) { return secret }
    let reply = try await vault.read("sys/internal/ui/mounts/\(VaultRequest.encoded(path))")
    let body = reply.status == 200 ? reply.body : nil
    let secret = try VaultSecretPath(path, mounts: body, kvVersion: vault.kvVersion)
    // A guess is not kept: the policy may say more the next time.
    if body != nil { state.withLock { $0.secret = secret } }
    return secret
  }

  // MARK: - Version 2

  private func keys(
    of secret: VaultSecretPath,
    _ metadata: VaultMetadata,
    unless label: String?
  ) async throws(KeySourceError) -> [Key]? {
    guard let current = metadata.current else { throw gone("has no version yet") }
    let (given, lost) = state.withLock { ($0.given, $0.lost) }
    if label == current.label, given == metadata, !current.seemsDeleted(at: vault.clock.date()) {
      return nil
    }
    guard current != lost, let newest = try await key(of: secret, current) else {
      state.withLock { $0.lost = current }
      throw gone("was deleted or destroyed in its version \(current.number)")
    }
    let previous = try await previousKey(of: secret, metadata.previous)
    state.withLock { $0.given = metadata }
    return previous.flatMap { $0.version == newest.version ? nil : [newest, $0] } ?? [newest]
  }

  /// The key in one version; nil when that is no more.
  private func key(
    of secret: VaultSecretPath,
    _ version: VaultVersion
  ) async throws(KeySourceError) -> Key? {
    guard !version.isDestroyed else { return nil }
    let reply = try await vault.read("\(secret.data)?version=\(version.number)")
    switch reply.status {
    case 200: return try key(in: reply.body, version)
    case 404: return nil
    default: throw problem(reply, secret)
    }
  }

  /// The key in the version before the present one, which may hold none.
  private func previousKey(
    of secret: VaultSecretPath,
    _ version: VaultVersion?
  ) async throws(KeySourceError) -> Key? {
    guard let version, !version.seemsDeleted(at: vault.clock.date()) else { return nil }
    do throws(KeySourceError) { return try await key(of: secret, version) } catch {
      guard error.kind == .denied else { throw error }
      return nil
    }
  }

  private func keysWithoutMetadata(
    of secret: VaultSecretPath
  ) async throws(KeySourceError) -> [Key] {
    let reply = try await vault.read(secret.data)
    guard let number = reply.body.integer(["data", "metadata", "version"]) else {
      throw problem(reply, secret)
    }
    guard reply.status == 200,
      let current = VaultVersion(number, reply.body, at: ["data", "metadata"])
    else { throw gone("was deleted or destroyed in its version \(number)") }
    let newest = try key(in: reply.body, current)
    guard number > 1 else { return [newest] }
    let earlier = try await vault.read("\(secret.data)?version=\(number - 1)")
    guard earlier.status == 200,
      let version = VaultVersion(number - 1, earlier.body, at: ["data", "metadata"]),
      let previous = try? key(in: earlier.body, version), previous.version != newest.version
    else { return [newest] }
    return [newest, previous]
  }

  private func key(in body: VaultBody, _ version: VaultVersion) throws(KeySourceError) -> Key {
    try Key(
      reference,
      value: try field.value(in: body, at: ["data", "data"]),
      label: version.label,
      expires: version.expires
    )
  }

  // MARK: - Version 1

  private func onlyKey(of secret: VaultSecretPath) async throws(KeySourceError) -> Key {
    let reply = try await vault.read(secret.data)
    guard reply.status == 200 else { throw problem(reply, secret) }
    return try Key(reference, value: try field.value(in: reply.body, at: ["data"]))
  }
}

// MARK: - Problems

extension VaultKeySource {
  private func gone(_ what: String) -> KeySourceError {
    KeySourceError(
      .gone,
      "the secret of \(reference) \(what); undelete it, or write a new version"
    )
  }

  /// What a status means that is no answer to a read.
  private func problem(_ reply: VaultReply, _ secret: VaultSecretPath) -> KeySourceError {
    switch reply.status {
    case 403:
      let paths = secret.kvVersion == 1 ? [secret.data] : [secret.metadata, secret.data]
      return KeySourceError(
        .denied,
        "the policy of nightjar's token at \(reply.address) does not allow \(reference); add "
          + paths.map { "path \"\($0)\" { capabilities = [\"read\"] }" }.joined(separator: " and ")
          + ", and see that mount, path and namespace are right"
      )
    case 404:
      return KeySourceError(
        .gone,
        "\(reply.address) has no secret at \(reference) (looked for at \(secret.data)): "
          + Self.reason(reply.body, secret)
      )
    default:
      return KeySourceError(
        .unavailable,
        "\(reply.address) answered \(reply.status) to a read of \(secret.data); see its log"
      )
    }
  }

  /// Why there is nothing, told by the words that Vault and OpenBao have for it.
  private static func reason(_ body: VaultBody, _ secret: VaultSecretPath) -> String {
    let words = (body.strings(["errors"]) + body.strings(["warnings"])).joined(separator: " ")
    if words.contains("versioned K/V") || words.contains("non-versioned K/V") {
      return "its engine is not version \(secret.kvVersion) of key/value; set 'kv_version' to "
        + "\(3 - secret.kvVersion), or leave it out"
    }
    if words.contains("namespace not found") {
      return "the namespace does not exist; check VAULT_NAMESPACE"
    }
    if words.contains("no handler for route") {
      return "no engine is mounted at '\(secret.mount)'; check the first part of the path, and "
        + "the namespace"
    }
    return "it was never there, or was removed with all its versions; check the path and the "
      + "namespace, or write it with 'bao kv put' or 'vault kv put'"
  }
}
