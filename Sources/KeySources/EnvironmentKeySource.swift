import Glibc
import Secrets

/// A key in an environment variable.
///
/// Easy, and the weakest place: every process of the same user may read this process's
/// environment until ``Secrets/ProcessHardening`` is applied, and child processes inherit it.
package struct EnvironmentKeySource: KeySource {
  private let name: String

  package var reference: KeyReference { .environment(name: name) }

  /// Names the variable.
  package init(name: String) {
    self.name = name
  }

  package func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    guard let value = unsafe getenv(name) else {
      throw KeySourceError(
        .denied,
        "the environment variable \(name) is not set; set it, or keep the key in the keystore "
          + "with 'nightjar keys add ID' and refer to it as keystore:ID"
      )
    }
    let bytes = unsafe UnsafeRawBufferPointer(start: value, count: strlen(value))
    return [try Key(reference, value: unsafe Secret(copying: bytes))]
  }
}
