import Secrets

/// The JSON document inside a keystore:
/// `{"v":1,"generation":3,"keys":[{"id":"main","provider":"anthropic","value":"…","state":"active",
/// "created":"2026-11-23T10:00:00Z"}]}`.
///
/// The text itself is the document. Reading finds places in it; every change makes a new text by
/// splicing, so values stay inside secrets and fields of newer versions survive.
struct KeystoreDocument: ~Copyable {
  /// The most bytes that a document may have.
  static let largest = 1 << 20

  /// What to store of a key besides its value.
  struct Description {
    let id: String
    let provider: String?
    let created: String
  }

  /// The whole document.
  let text: Secret
  private let index: KeystoreIndex

  /// The text of a document without keys.
  static func empty() -> Secret {
    let text = Array(#"{"v":1,"generation":0,"keys":[]}"#.utf8)
    return Secret(copying: text.span)
  }

  /// Reads a document.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` that says what is wrong with it.
  init(_ text: consuming Secret) throws(KeySourceError) {
    index = try text.withBytes { text throws(KeySourceError) in
      do throws(JSONText.Malformed) {
        return try KeystoreIndex(text)
      } catch {
        throw KeySourceError(.denied, "what the keystore holds is damaged: \(error.why)")
      }
    }
    self.text = text
  }

  /// Counts up with every change.
  var generation: Int { index.generation }

  /// What is said about each key, in the order of the document.
  var entries: [KeystoreEntry] {
    index.places.map { place in
      let fingerprint = Fingerprint(of: value(at: place))
      return KeystoreEntry(
        id: place.id,
        provider: place.provider,
        state: place.state,
        created: place.created,
        fingerprint: fingerprint.description
      )
    }
  }

  /// The state and value of a key; nil when there is no such key.
  func withKey<Result: ~Copyable, E: Error>(
    _ id: String,
    _ body: (KeystoreEntry.State, consuming Secret) throws(E) -> Result
  ) throws(E) -> Result? {
    guard let place = index.places.first(where: { $0.id == id }) else { return nil }
    return try body(place.state, value(at: place))
  }

  /// The text with a key added, or with the value of a key that exists replaced.
  func storing(_ key: Description, value: borrowing Secret) -> Secret {
    if let place = index.places.first(where: { $0.id == key.id }) {
      return applying(index.edits(replacing: place, with: key), value: value)
    }
    return applying(index.edits(adding: key), value: value)
  }

  /// The text without a key; nil when there is no such key.
  func removing(_ id: String) -> Secret? {
    guard let edits = index.edits(removing: id) else { return nil }
    return applying(edits, value: Secret(capacity: 0) { _ in })
  }

  private func value(at place: KeystoreIndex.Place) -> Secret {
    text.withBytes { JSONText.secret(at: place.value, in: $0) }
  }

  private func applying(_ edits: [KeystoreIndex.Edit], value: borrowing Secret) -> Secret {
    let added = edits.reduce(0) { $0 + $1.before.utf8.count + $1.after.utf8.count }
    return text.withBytes { text in
      value.withBytes { value in
        // Every byte of a value may need a backslash.
        Secret(capacity: text.count + added + 2 * value.count) { output in
          var next = 0
          for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            for index in next..<edit.range.lowerBound { output.append(text[index]) }
            Self.write(edit, value, to: &output)
            next = edit.range.upperBound
          }
          for index in next..<text.count { output.append(text[index]) }
        }
      }
    }
  }

  private static func write(
    _ edit: KeystoreIndex.Edit,
    _ value: Span<UInt8>,
    to output: inout OutputSpan<UInt8>
  ) {
    for byte in edit.before.utf8 { output.append(byte) }
    guard edit.includesValue else { return }
    for index in value.indices {
      if [UInt8(ascii: "\""), UInt8(ascii: "\\")].contains(value[index]) {
        output.append(UInt8(ascii: "\\"))
      }
      output.append(value[index])
    }
    for byte in edit.after.utf8 { output.append(byte) }
  }
}
