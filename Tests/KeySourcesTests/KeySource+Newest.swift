import KeySources
import Testing

extension KeySource {
  /// The newest value that the source has.
  func newest() async throws -> Key {
    try #require(try await fetch(unless: nil)?.first)
  }

  /// The error of a source that must not give a key.
  func failure() async throws -> KeySourceError {
    try #require(
      await #expect(throws: KeySourceError.self) {
        _ = try await fetch(unless: nil)
      }
    )
  }
}
