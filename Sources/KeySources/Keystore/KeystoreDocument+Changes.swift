import JSON
import Secrets

extension KeystoreDocument {
  /// What is to be stored with a new value.
  struct Terms {
    var provider: String?
    var notBefore: Int64?
    var expires: Int64?
    /// Now, in milliseconds since 1970.
    let now: Int64
  }

  /// The text with a key added.
  func adding(_ id: String, _ value: borrowing Secret, _ terms: Terms) -> Secret {
    var fields = "\"id\":\(jsonQuoted(id)),\"version\":1"
    if let provider = terms.provider { fields += ",\"provider\":\(jsonQuoted(provider))" }
    fields += ",\"state\":\"active\",\"created\":\(Self.json(terms.now))"
    if let moment = terms.notBefore { fields += ",\"not_before\":\(Self.json(moment))" }
    if let moment = terms.expires { fields += ",\"expires\":\(Self.json(moment))" }
    let end = index.keys.range.upperBound - 1
    let comma = index.places.isEmpty ? "" : ","
    let edit = KeystoreEdit(
      end..<end,
      .text("\(comma){\(fields),\"value\":"),
      .newValue,
      .text("}")
    )
    return applying([edit], newValue: value)
  }

  /// The text with another value for a key, at once and without the one before; the fields that
  /// nobody here knows stay.
  func replacing(
    _ place: KeystoreIndex.Place,
    with value: borrowing Secret,
    _ terms: Terms
  ) -> Secret {
    var edits = renewal(of: place, terms)
    edits += setting("previous", of: place, to: "null")
    edits += setting("rotation", of: place, to: "null")
    return applying(edits, newValue: value)
  }

  /// The text with another value for a key, where the one before may be used until the overlap
  /// ends.
  ///
  /// A value that was out of use stays so.
  func rotating(
    _ place: KeystoreIndex.Place,
    to value: borrowing Secret,
    _ terms: Terms,
    rotation: String,
    until: Int64
  ) -> Secret {
    let old = place.current
    let state = old.state == .active ? .draining : old.state
    var edits = renewal(of: place, terms)
    edits.append(
      KeystoreEdit(
        setting: "previous",
        of: old.object,
        to: Self.kept(old, state, until: Self.json(until))
      )
    )
    edits += setting("rotation", of: place, to: jsonQuoted(rotation))
    return applying(edits, newValue: value)
  }

  /// The text with the value before the last rotation in use again; the present one is kept out of
  /// use in its place.
  func rollingBack(
    _ place: KeystoreIndex.Place,
    to earlier: KeystoreIndex.Version
  ) -> Secret {
    let now = place.current
    var edits = [
      KeystoreEdit(setting: "value", of: now.object, to: [.copy(earlier.value.range)]),
      KeystoreEdit(setting: "version", of: now.object, to: [.text(String(earlier.number))]),
      KeystoreEdit(setting: "state", of: now.object, to: [.text("\"active\"")]),
      KeystoreEdit(
        setting: "previous",
        of: now.object,
        to: Self.kept(now, .disabled, until: "null")
      ),
    ]
    for name in Self.ownFields where now.object[name] != nil || earlier.object[name] != nil {
      let piece = earlier.object[name].map { KeystoreEdit.Piece.copy($0.range) } ?? .text("null")
      edits.append(KeystoreEdit(setting: name, of: now.object, to: [piece]))
    }
    return applying(edits)
  }

  /// The text with a key in another state.
  func setting(_ state: KeystoreEntry.State, of place: KeystoreIndex.Place) -> Secret {
    applying(setting("state", of: place, to: jsonQuoted(state.rawValue)))
  }

  /// The text without a key; nil when there is no such key.
  func removing(_ id: String) -> Secret? {
    let ranges = index.places.map(\.current.object.range)
    guard let number = index.places.firstIndex(where: { $0.id == id }) else { return nil }
    var range = ranges[number]
    if number > 0 {
      range = ranges[number - 1].upperBound..<range.upperBound
    } else if ranges.count > 1 {
      range = range.lowerBound..<ranges[1].lowerBound
    }
    return applying([KeystoreEdit(range)])
  }

  /// The text without the earlier values whose overlap is over.
  func pruned(at now: Int64) -> Secret {
    let over = index.places.filter { place in
      guard let previous = place.previous, previous.state == .draining else { return false }
      return previous.expires.map { $0 <= now } ?? false
    }
    return applying(over.flatMap { setting("previous", of: $0, to: "null") })
  }

  // MARK: - Parts of changes

  /// The fields that say something about one value, and so move with it.
  private static let ownFields = ["created", "not_before", "expires", "rotation"]

  private func renewal(of place: KeystoreIndex.Place, _ terms: Terms) -> [KeystoreEdit] {
    let object = place.current.object
    let number = max(place.current.number, place.previous?.number ?? 0) + 1
    var edits = [KeystoreEdit(setting: "value", of: object, to: [.newValue])]
    edits += setting("version", of: place, to: String(number))
    edits += setting("state", of: place, to: "\"active\"")
    edits += setting("created", of: place, to: Self.json(terms.now))
    edits += setting("not_before", of: place, to: terms.notBefore.map(Self.json) ?? "null")
    edits += setting("expires", of: place, to: terms.expires.map(Self.json) ?? "null")
    if let provider = terms.provider {
      edits += setting("provider", of: place, to: jsonQuoted(provider))
    }
    return edits
  }

  /// The edit that sets a field of a key; none where a missing field would become null.
  private func setting(
    _ name: String,
    of place: KeystoreIndex.Place,
    to json: String
  ) -> [KeystoreEdit] {
    let object = place.current.object
    guard json != "null" || object[name] != nil else { return [] }
    return [KeystoreEdit(setting: name, of: object, to: [.text(json)])]
  }

  /// A value as it is kept beside the present one.
  private static func kept(
    _ version: KeystoreIndex.Version,
    _ state: KeystoreEntry.State,
    until: String
  ) -> [KeystoreEdit.Piece] {
    var pieces: [KeystoreEdit.Piece] = [
      .text("{\"version\":\(version.number),\"state\":\"\(state.rawValue)\",\"until\":\(until)")
    ]
    for name in ownFields {
      guard let field = version.object[name] else { continue }
      pieces += [.text(",\"\(name)\":"), .copy(field.range)]
    }
    return pieces + [.text(",\"value\":"), .copy(version.value.range), .text("}")]
  }

  private static func json(_ moment: Int64) -> String { jsonQuoted(Timestamp.text(moment)) }
}
