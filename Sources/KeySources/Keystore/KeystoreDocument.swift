import JSON
import Secrets

/// The JSON document inside a keystore:
/// `{"v":1,"store":"9f…","generation":3,"recipients":["age1…"],"keys":[{"id":"main","version":2,
/// "provider":"anthropic","state":"active","created":"2026-11-23T10:00:00Z","value":"…",
/// "previous":{"version":1,"state":"draining","until":"2026-11-24T10:00:00Z","value":"…"}}]}`.
///
/// The text itself is the document. Reading finds places in it; every change makes a new text by
/// splicing, so values stay inside secrets and fields of newer versions survive.
struct KeystoreDocument: ~Copyable {
  /// The most bytes that a document may have.
  static let largest = 1 << 20

  /// The whole document.
  let text: Secret
  let index: KeystoreIndex

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
      do throws(JSONError) {
        return try KeystoreIndex(text)
      } catch {
        throw KeySourceError(.denied, "what the keystore holds is damaged: \(error.why)")
      }
    }
    self.text = text
  }

  /// What is said about each key, in the order of the document.
  var entries: [KeystoreEntry] { index.places.map { entry($0) } }

  /// What is said about a key; nil when there is no such key.
  func entry(of id: String) -> KeystoreEntry? { index.place(of: id).map { entry($0) } }

  /// The values of a key, the present one first; nil when there is no such key.
  func values(of id: String) -> (entry: KeystoreEntry, places: [JSONToken])? {
    index.place(of: id).map { place in
      (entry(place), [place.current.value] + (place.previous.map { [$0.value] } ?? []))
    }
  }

  /// The value at a place that ``values(of:)`` gave.
  func value(at place: JSONToken) -> Secret {
    text.withBytes { place.secret(in: $0) }
  }

  /// The text with these edits made.
  func applying(_ edits: [KeystoreEdit], newValue: borrowing Secret) -> Secret {
    KeystoreEdit.apply(edits, newValue: newValue, to: text)
  }

  /// The text with edits made that bring no new value.
  func applying(_ edits: [KeystoreEdit]) -> Secret {
    applying(edits, newValue: Secret(capacity: 0) { _ in })
  }

  /// The text as it is written after a change: one generation on, with the keystore's name and the
  /// public keys it is encrypted to.
  func stamped(store: String, recipients: [AgeRecipient]) -> Secret {
    let root = index.root
    let names = recipients.map { jsonQuoted($0.description) }.joined(separator: ",")
    var edits = [
      KeystoreEdit(setting: "generation", of: root, to: [.text(String(index.generation + 1))])
    ]
    if !recipients.isEmpty || root["recipients"] != nil {
      edits.append(KeystoreEdit(setting: "recipients", of: root, to: [.text("[\(names)]")]))
    }
    edits.append(KeystoreEdit(setting: "store", of: root, to: [.text(jsonQuoted(store))]))
    return applying(edits)
  }

  private func entry(_ place: KeystoreIndex.Place) -> KeystoreEntry {
    KeystoreEntry(
      id: place.id,
      provider: place.provider,
      rotation: place.rotation,
      current: version(place.current),
      previous: place.previous.map { version($0) }
    )
  }

  private func version(_ version: KeystoreIndex.Version) -> KeystoreEntry.Version {
    KeystoreEntry.Version(
      number: version.number,
      state: version.state,
      created: version.created,
      notBefore: version.notBefore,
      expires: version.expires,
      fingerprint: Fingerprint(of: value(at: version.value)).description
    )
  }
}
