import Glibc
import Secrets

/// A key in an environment variable: the key alone, or a JSON object with a field for it.
///
/// Easy, and the weakest place: every process of the same user may read this process's
/// environment until ``Secrets/ProcessHardening`` is applied, and it cannot change while the
/// process runs.
package struct EnvironmentKeySource: KeySource {
  private let name: String
  private let field: String?

  package var reference: KeyReference { .environment(name: name, field: field) }

  /// Names the variable and, for JSON, the field; see ``JSONField``.
  package init(name: String, field: String? = nil) {
    self.name = name
    self.field = field
  }

  package func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    guard let text = Self.secret(in: name) else {
      throw KeySourceError(
        .denied,
        "the environment variable \(name) is not set; set it, or keep the key in the keystore "
          + "with 'nightjar keys add ID' and refer to it as keystore:ID"
      )
    }
    let value = try JSONField.value(field, of: text, in: "the environment variable \(name)")
    return [try Key(reference, value: value)]
  }

  /// What a variable of this process's environment holds; nil when it is not set.
  static func secret(in name: String) -> Secret? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe Secret(copying: UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }
}
