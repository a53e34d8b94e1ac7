import Secrets

/// A key in a file that only this user may read: the key alone, or a JSON object with a field for
/// it.
///
/// Symbolic links are followed, because mounted secrets are often links; the checks apply to the
/// file they lead to.
package struct FileKeySource: KeySource {
  private let path: String
  private let field: String?

  package var reference: KeyReference { .file(path: path, field: field) }

  /// Names the file and, for JSON, the field of its top-level object.
  package init(path: String, field: String? = nil) {
    self.path = path
    self.field = field
  }

  package func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    let text = try SecretFile.read(
      path,
      what: "the key file",
      largest: 1 << 20,
      followingLinks: true
    )
    guard let field else { return [try Key(reference, value: text)] }
    let value = try text.withBytes { text throws(KeySourceError) in
      do throws(JSONText.Malformed) {
        return try Self.string(field, in: text)
      } catch {
        throw KeySourceError(.denied, "the key file \(path) is damaged: \(error.why)")
      }
    }
    guard let value else {
      throw KeySourceError(
        .denied,
        "the key file \(path) has no field '\(field)' that holds a string; check the name after '#'"
      )
    }
    return [try Key(reference, value: value)]
  }

  /// The string in a field of the object that a text is.
  private static func string(
    _ field: String,
    in text: Span<UInt8>
  ) throws(JSONText.Malformed) -> Secret? {
    let members = try JSONText.members(of: try JSONText.root(of: text), in: text)
    guard let value = members.first(where: { $0.name == field })?.value,
      JSONText.isString(value, in: text)
    else { return nil }
    return JSONText.secret(at: value, in: text)
  }
}
