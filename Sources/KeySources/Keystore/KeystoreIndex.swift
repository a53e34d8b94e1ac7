import JSON

/// Where things stand in the text of a keystore document.
struct KeystoreIndex {
  private static let version = 1

  /// One value of a key: what is said about it, and where it stands.
  struct Version {
    let number: Int
    let state: KeystoreEntry.State
    let created: String
    let notBefore: Int64?
    let expires: Int64?
    /// The value, a string.
    let value: JSONToken
    /// The object that says all this.
    let object: JSONObject
  }

  /// One key.
  struct Place {
    let id: String
    let provider: String?
    let rotation: String?
    let current: Version
    let previous: Version?
  }

  /// The document itself.
  let root: JSONObject
  /// Counts up with every change.
  let generation: Int
  /// A random name that the keystore got when it was made; nil where another program made it.
  let store: String?
  /// The public keys that the keystore is to be encrypted to; empty where it does not say.
  let recipients: [String]
  /// The keys, in the order of the document.
  let places: [Place]
  /// The list of keys.
  let keys: JSONToken

  init(_ text: Span<UInt8>) throws(JSONError) {
    root = try JSONObject(try JSONScanner.wholeValue(in: text), in: text)
    let version = try root.required("v")
    guard version.integer(in: text) == Self.version else {
      throw JSONError(
        misfitAt: version.range.lowerBound,
        "it was written by a newer version of nightjar; update nightjar"
      )
    }
    let generation = try root.required("generation")
    guard let number = Self.counter(generation, in: text) else {
      throw JSONError(
        misfitAt: generation.range.lowerBound,
        "'generation' is not a number from 0 to 2^53"
      )
    }
    self.generation = number
    store = root.string("store", in: text)
    recipients = try root.strings("recipients", in: text)
    keys = try root.required("keys")
    places = try Self.places(try keys.elements(in: text), in: text)
  }

  /// The key of an id; nil when there is none.
  func place(of id: String) -> Place? { places.first { $0.id == id } }

  private static func places(
    _ elements: [JSONToken],
    in text: Span<UInt8>
  ) throws(JSONError) -> [Place] {
    var places: [Place] = []
    var ids: Set<String> = []
    for element in elements {
      let place = try place(JSONObject(element, in: text), in: text)
      guard ids.insert(place.id).inserted else {
        throw JSONError(
          misfitAt: element.range.lowerBound,
          "it has two keys with the id '\(shown(place.id))'"
        )
      }
      places.append(place)
    }
    return places
  }

  private static func place(
    _ object: JSONObject,
    in text: Span<UInt8>
  ) throws(JSONError) -> Place {
    guard let id = object.string("id", in: text) else {
      throw JSONError(misfitAt: object.range.lowerBound, "a key has no id or no value")
    }
    var previous: Version?
    if let value = object["previous"], value.kind == .object {
      previous = try version(JSONObject(value, in: text), of: id, in: text)
    }
    return Place(
      id: id,
      provider: object.string("provider", in: text),
      rotation: object.string("rotation", in: text),
      current: try version(object, of: id, in: text),
      previous: previous
    )
  }

  private static func version(
    _ object: JSONObject,
    of id: String,
    in text: Span<UInt8>
  ) throws(JSONError) -> Version {
    guard let value = object["value"], value.kind == .string else {
      throw JSONError(misfitAt: object.range.lowerBound, "a key has no id or no value")
    }
    let state = object.string("state", in: text) ?? "active"
    guard let known = KeystoreEntry.State(rawValue: state) else {
      throw JSONError(
        misfitAt: object.range.lowerBound,
        "the key '\(shown(id))' has an unknown state"
      )
    }
    let name = shown(id)
    let ends =
      try [object.moment("expires", of: name, in: text)]
      + [object.moment("until", of: name, in: text)]
    return Version(
      number: object["version"].flatMap { counter($0, in: text) } ?? 1,
      state: known,
      created: object.string("created", in: text) ?? "",
      notBefore: try object.moment("not_before", of: name, in: text),
      expires: ends.compactMap(\.self).min(),
      value: value,
      object: object
    )
  }

  /// A number that counts changes, and can be counted on: every program that reads JSON keeps
  /// numbers up to 2^53 exactly (RFC 8259 section 6).
  private static func counter(_ value: JSONToken, in text: Span<UInt8>) -> Int? {
    guard value.kind == .number else { return nil }
    return Int(value.source(in: text)).flatMap { (0...1 << 53).contains($0) ? $0 : nil }
  }

  /// An id for a message; what cannot be one may be a value in its place.
  private static func shown(_ id: String) -> String {
    (try? KeyReference.keystoreID(id)) ?? "…"
  }
}
