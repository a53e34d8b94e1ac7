import KeySources
import Secrets
import Synchronization

/// A source whose key a test replaces.
final class TestKeySource: KeySource {
  let reference = KeyReference.environment(name: "TEST_KEY")
  private let value: Mutex<String>

  init(_ value: String) {
    self.value = Mutex(value)
  }

  func replace(with value: String) {
    self.value.withLock { $0 = value }
  }

  func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    let bytes = Array(value.withLock { $0 }.utf8)
    return [try Key(reference, value: Secret(copying: bytes.span))]
  }
}
