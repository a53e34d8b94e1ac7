import Secrets

/// A key in AWS Secrets Manager: the secret's value, or a field of the JSON object that it is.
struct SecretsManagerKeySource: KeySource {
  let id: String
  let field: String?
  let manager: SecretsManager

  var isRemote: Bool { true }

  var reference: KeyReference { .awsSecretsManager(id: id, field: field) }

  func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    let current = try await manager.value("AWSCURRENT", of: id)
    guard label == nil || current.version != label else { return nil }
    let newest = try key(current)
    // The value before the last rotation is a help while providers take notice, and no more: a
    // secret that was never rotated has none, and one that is no key is nobody's loss.
    let previous = try? key(await manager.value("AWSPREVIOUS", of: id))
    guard let previous, previous.version != newest.version else { return [newest] }
    return [newest, previous]
  }

  private func key(_ value: borrowing SecretsManagerValue) throws(KeySourceError) -> Key {
    let text = try JSONField.value(field, of: value.text.copy(), in: "the secret \(reference)")
    return try Key(reference, value: text, label: value.version.isEmpty ? nil : value.version)
  }
}
