import JSON
import Secrets

/// Picks one field out of JSON text, straight into a secret.
///
/// A field is named by its name in the top-level object or, where no member has that name, by a
/// path of names with dots between them.
enum JSONField {
  /// The most names that a message lists.
  private static let mostNames = 8

  /// What a text holds in a field, or as a whole where no field is named.
  ///
  /// - Parameters:
  ///   - field: a name or a path of names.
  ///   - text: JSON where a field is named; otherwise anything but a JSON object, which would be
  ///     no key.
  ///   - place: names the text in messages, for instance "the key file /run/secrets/key".
  /// - Throws: ``KeySourceError`` of kind `denied` that lists the fields there, and never a value.
  static func value(
    _ field: String?,
    of text: consuming Secret,
    in place: String
  ) throws(KeySourceError) -> Secret {
    guard let field else {
      if let names = text.withBytes({ namesOfObject($0) }) { throw needsField(place, names) }
      return text
    }
    return try text.withBytes { text throws(KeySourceError) in
      switch try find(field, in: text, place) {
      case .value(let value) where value.kind == .string:
        return value.secret(in: text)
      case .value: throw holdsNoString(place, field)
      case .missing(let names): throw hasNoField(place, field, names)
      }
    }
  }

  /// What stands under a name.
  enum Finding {
    case value(JSONToken)
    /// The names that are there instead.
    case missing([String])
  }

  private static func find(
    _ field: String,
    in text: Span<UInt8>,
    _ place: String
  ) throws(KeySourceError) -> Finding {
    do throws(JSONError) {
      return try find(field[...], in: try JSONScanner.wholeValue(in: text), of: text)
    } catch {
      throw KeySourceError(.denied, "\(place) is not JSON, so it has no field: \(error.why)")
    }
  }

  /// What an object holds in a field, which is a name or a path of names.
  static func find(
    _ path: Substring,
    in object: JSONToken,
    of text: Span<UInt8>
  ) throws(JSONError) -> Finding {
    guard object.kind == .object else { return .missing([]) }
    let members = try object.members(in: text)
    if let exact = members.first(where: { $0.name == path }) { return .value(exact.value) }
    guard let dot = path.firstIndex(of: "."),
      let outer = members.first(where: { $0.name == path[..<dot] })
    else { return .missing(members.map(\.name)) }
    return try find(path[path.index(after: dot)...], in: outer.value, of: text)
  }

  /// The names in a text that is a JSON object; nil for any other text.
  private static func namesOfObject(_ text: Span<UInt8>) -> [String]? {
    guard let root = try? JSONScanner.wholeValue(in: text) else { return nil }
    return (try? root.members(in: text))?.map(\.name)
  }
}

// MARK: - Messages

extension JSONField {
  private static func needsField(_ place: String, _ names: [String]) -> KeySourceError {
    let example = names.count == 1 ? shown(names) : "FIELD"
    return KeySourceError(
      .denied,
      "\(place) holds a JSON object; say which field of it is the key by adding '#\(example)' "
        + "to the reference" + (names.count > 1 ? ". It has: \(shown(names))" : "")
    )
  }

  private static func holdsNoString(_ place: String, _ field: String) -> KeySourceError {
    KeySourceError(
      .denied,
      "the field '\(field)' of \(place) is not a string; check the name after '#'"
    )
  }

  private static func hasNoField(
    _ place: String,
    _ field: String,
    _ names: [String]
  ) -> KeySourceError {
    KeySourceError(
      .denied,
      "\(place) has no field '\(field)'; check the name after '#'"
        + (names.isEmpty ? "" : ". It has: \(shown(names))")
    )
  }

  /// Names are shown, as long as they are names: somebody may have put a key in their place.
  private static func shown(_ names: [String]) -> String {
    let list = names.prefix(mostNames).map { name in
      let printable = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
      return printable && name.utf8.count <= 64 ? Scrubber().scrub(name) : "…"
    }
    return list.joined(separator: ", ") + (names.count > mostNames ? ", …" : "")
  }
}
