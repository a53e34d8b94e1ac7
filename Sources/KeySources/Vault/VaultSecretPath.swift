/// Where a secret lies: the mount of its engine, its path there, and the engine's version.
struct VaultSecretPath: Sendable, Hashable {
  let mount: String
  let path: String
  let kvVersion: Int

  /// The API path of what the engine knows about the secret's versions (KV 2).
  var metadata: String { VaultRequest.encoded("\(mount)/metadata/\(path)") }

  /// The API path of its values; in KV 1 there is no other.
  var data: String {
    VaultRequest.encoded(kvVersion == 1 ? "\(mount)/\(path)" : "\(mount)/data/\(path)")
  }

  /// Parts `MOUNT/PATH` by what the server says of its mounts.
  ///
  /// - Parameters:
  ///   - reference: both, as written.
  ///   - body: the answer of `sys/internal/ui/mounts/PATH`; nil where the policy forbids it.
  ///   - kvVersion: the version that was set; nil for the one the server says, or else 2.
  /// - Throws: ``KeySourceError`` for an engine that keeps other things than keys and values, or
  ///   might, where the server does not say.
  init(
    _ reference: String,
    mounts body: VaultBody?,
    kvVersion: Int?
  ) throws(KeySourceError) {
    let parts = reference.split(separator: "/").map(String.init)
    let said = body?.string(["data", "path"])?.split(separator: "/").map(String.init) ?? []
    // A namespace may stand in front of the mount.
    let end = parts.indices.first { !said.isEmpty && parts[$0...].starts(with: said) }
    let length = min(max(end.map { $0 + said.count } ?? 1, 1), parts.count - 1)
    mount = parts[..<length].joined(separator: "/")
    path = parts[length...].joined(separator: "/")
    let isPlain = body != nil && body?.string(["data", "options", "version"]) != "2"
    self.kvVersion = kvVersion ?? (isPlain ? 1 : 2)
    if let engine = body?.string(["data", "type"]), !Self.engines.contains(engine) {
      throw KeyReference.noSecretOfVault(mount)
    }
    // A namespace may stand in front of Vault's own mounts; a path of KV 2 cannot lead there.
    if body == nil, self.kvVersion == 1,
      let own = parts.dropLast().first(where: {
        KeyReference.vaultOwnMounts.contains($0.lowercased())
      })
    {
      throw KeyReference.noSecretOfVault(own)
    }
  }

  /// `generic` is what KV 1 was called before Vault 0.10.
  private static let engines: Set = ["kv", "generic"]
}
