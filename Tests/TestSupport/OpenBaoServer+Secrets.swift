extension OpenBaoServer {
  /// Mounts a key/value engine.
  package func mount(_ path: String, version: Int, namespace: String? = nil) throws {
    let body: [String: Any] = ["type": "kv", "options": ["version": "\(version)"]]
    try call("POST", "sys/mounts/\(path)", body, headers: Self.inside(namespace)).checked()
    // Until it is set up as version 2 it refuses everything.
    try wait("to have \(path)") {
      try call("GET", "\(path)/metadata/none", headers: Self.inside(namespace)).status == 404
    }
  }

  /// Writes a secret of the KV 2 engine.
  ///
  /// - Returns: the number of the new version.
  @discardableResult
  package func put(
    _ path: String,
    _ fields: [String: Any],
    mount: String = "secret",
    namespace: String? = nil
  ) throws -> Int {
    let path = "\(mount)/data/\(path)"
    let answer = try call("POST", path, ["data": fields], headers: Self.inside(namespace))
    return try answer.checked().integer("data", "version") ?? 0
  }

  /// Writes a secret of a KV 1 engine.
  package func putPlain(_ path: String, _ fields: [String: Any], mount: String) throws {
    try call("POST", "\(mount)/\(path)", fields).checked()
  }

  /// Deletes versions, which can be undone.
  package func delete(_ path: String, versions: [Int]) throws {
    try call("POST", "secret/delete/\(path)", ["versions": versions]).checked()
  }

  package func undelete(_ path: String, versions: [Int]) throws {
    try call("POST", "secret/undelete/\(path)", ["versions": versions]).checked()
  }

  /// Destroys the values of versions.
  package func destroy(_ path: String, versions: [Int]) throws {
    try call("PUT", "secret/destroy/\(path)", ["versions": versions]).checked()
  }

  /// Removes a secret with all its versions.
  package func remove(_ path: String) throws {
    try call("DELETE", "secret/metadata/\(path)").checked()
  }

  /// Sets what goes for all versions of a secret, such as `delete_version_after`.
  package func setMetadata(_ path: String, _ fields: [String: Any]) throws {
    try call("POST", "secret/metadata/\(path)", fields).checked()
  }

  package func createNamespace(_ name: String) throws {
    try call("POST", "sys/namespaces/\(name)", [:]).checked()
  }

  static func inside(_ namespace: String?) -> [String] {
    namespace.map { ["X-Vault-Namespace: \($0)"] } ?? []
  }
}
