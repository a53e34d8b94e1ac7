import Secrets

/// A key in a file that only this user may read: the key alone, or a JSON object with a field for
/// it. Symbolic links are followed, because mounted secrets are often links; the checks apply to
/// the file they lead to.
package struct FileKeySource: KeySource {
  private let path: String
  private let field: String?

  package var reference: KeyReference { .file(path: path, field: field) }

  /// Names the file and, for JSON, the field of its top-level object.
  package init(path: String, field: String? = nil) {
    self.path = path
    self.field = field
  }

  package func fetch() async throws(KeySourceError) -> Key {
    let text = try SecretFile.read(
      path,
      what: "the key file",
      largest: 1 << 20,
      followingLinks: true
    )
    return try Key(reference, value: text)
  }
}
