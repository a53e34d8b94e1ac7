import Glibc
import Secrets

/// A key in a file that only this user may read, or that root has mounted: the key alone, or a JSON
/// object with a field for it.
///
/// Symbolic links are followed, because mounted secrets are often links; the checks apply to the
/// file they lead to. File and links are watched.
package struct FileKeySource: KeySource {
  private let path: String
  private let field: String?
  /// Whether a file opens a store of keys, and so is never one.
  private let isCredential: @Sendable (String) -> Bool

  package var reference: KeyReference { .file(path: path, field: field) }

  package var changes: AsyncStream<Void>? { FileWatch.changes(of: [path]) }

  /// Names the file and, for JSON, the field; see ``JSONField``.
  ///
  /// - Parameter isCredential: says of a path whether what is there opens a store of keys; it would be
  ///   sent to the provider.
  package init(
    path: String,
    field: String? = nil,
    isCredential: @escaping @Sendable (String) -> Bool = { _ in false }
  ) {
    self.path = path
    self.field = field
    self.isCredential = isCredential
  }

  package func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    let value = try JSONField.value(field, of: try read(), in: "the key file \(path)")
    return [try Key(reference, value: value)]
  }

  private func read() throws(KeySourceError) -> Secret {
    guard !isCredential(path) else {
      throw KeySourceError(
        .denied,
        "the key file \(path) opens a store of keys or belongs to the system, and what is there is "
          + "never a key; name the file of an API key"
      )
    }
    do throws(KeySourceError) {
      try LockedFolder.check(placesOf: path)
      return try SecretFile.read(
        path,
        what: "the key file",
        largest: 1 << 20,
        followingLinks: true,
        readers: .asMounted
      )
    } catch {
      // Whoever replaces a file may remove it first, and mounts come and go.
      guard unsafe access(path, F_OK) != 0, errno == ENOENT else { throw error }
      throw KeySourceError(.missing, error.description)
    }
  }
}
