import JSON
import Secrets

/// Picks the key out of the fields of a secret.
struct VaultField {
  /// What the user named after `#`; see ``JSONField``.
  let name: String?
  /// The reference, for messages.
  let reference: KeyReference

  /// The string in the field or, where none was named, in the only field that holds one.
  ///
  /// - Parameters:
  ///   - body: the answer that holds the secret.
  ///   - fields: where its fields are in the body.
  /// - Throws: ``KeySourceError`` of kind `denied` that names the fields that are there, never
  ///   their values.
  func value(
    in body: VaultBody,
    at fields: [String]
  ) throws(KeySourceError) -> Secret {
    if let name {
      if let value = body.secret(fields, field: name) { return value }
      throw KeySourceError(
        .denied,
        "\(reference): the secret has no field '\(name)' that holds a string; it has "
          + Self.list(body.members(fields).map(\.name)) + ": check the name after '#'"
      )
    }
    // 'ttl' is how long to keep a secret of KV 1, by convention.
    let names = body.members(fields).filter { $0.value.kind == .string }.map(\.name)
      .filter { $0 != "ttl" }
    if names.count == 1, let value = body.secret(fields + names) { return value }
    throw KeySourceError(
      .denied,
      "\(reference) does not say which field of the secret is the key; it has "
        + Self.list(names) + ": name one, as in vault:MOUNT/PATH#" + (names.first ?? "FIELD")
    )
  }

  private static func list(_ names: [String]) -> String {
    guard !names.isEmpty else { return "none that holds a string" }
    let shown = names.prefix(10).map { "'\(Scrubber(limit: 64).scrub($0))'" }.joined(
      separator: ", "
    )
    return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
  }
}
