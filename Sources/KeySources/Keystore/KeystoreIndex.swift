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
    /// The place of the value, quotes included.
    let value: Range<Int>
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
  /// The place of the list of keys, brackets included.
  let keys: Range<Int>

  init(_ text: Span<UInt8>) throws(JSONText.Malformed) {
    root = try JSONObject(at: try JSONText.root(of: text), in: text)
    let version = try root.required("v")
    guard JSONText.integer(at: version, in: text) == Self.version else {
      throw JSONText.Malformed(
        offset: version.lowerBound,
        "it was written by a newer version of nightjar; update nightjar"
      )
    }
    let generation = try root.required("generation")
    guard let number = Self.counter(at: generation, in: text) else {
      throw JSONText.Malformed(
        offset: generation.lowerBound,
        "'generation' is not a number from 0 to 2^53"
      )
    }
    self.generation = number
    store = root.string("store", in: text)
    recipients = try root.strings("recipients", in: text)
    keys = try root.required("keys")
    places = try Self.places(try JSONText.elements(of: keys, in: text), in: text)
  }

  /// The key of an id; nil when there is none.
  func place(of id: String) -> Place? { places.first { $0.id == id } }

  private static func places(
    _ elements: [Range<Int>],
    in text: Span<UInt8>
  ) throws(JSONText.Malformed) -> [Place] {
    var places: [Place] = []
    var ids: Set<String> = []
    for element in elements {
      let place = try place(JSONObject(at: element, in: text), in: text)
      guard ids.insert(place.id).inserted else {
        throw JSONText.Malformed(
          offset: element.lowerBound,
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
  ) throws(JSONText.Malformed) -> Place {
    guard let id = object.string("id", in: text) else {
      throw JSONText.Malformed(offset: object.range.lowerBound, "a key has no id or no value")
    }
    var previous: Version?
    if let value = object["previous"], text[value.lowerBound] == UInt8(ascii: "{") {
      previous = try version(JSONObject(at: value, in: text), of: id, in: text)
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
  ) throws(JSONText.Malformed) -> Version {
    guard let value = object["value"], JSONText.isString(value, in: text) else {
      throw JSONText.Malformed(offset: object.range.lowerBound, "a key has no id or no value")
    }
    let state = object.string("state", in: text) ?? "active"
    guard let known = KeystoreEntry.State(rawValue: state) else {
      throw JSONText.Malformed(
        offset: object.range.lowerBound,
        "the key '\(shown(id))' has an unknown state"
      )
    }
    let name = shown(id)
    let ends =
      try [object.moment("expires", of: name, in: text)]
      + [object.moment("until", of: name, in: text)]
    return Version(
      number: object["version"].flatMap { counter(at: $0, in: text) } ?? 1,
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
  private static func counter(at value: Range<Int>, in text: Span<UInt8>) -> Int? {
    JSONText.integer(at: value, in: text).flatMap { (0...1 << 53).contains($0) ? $0 : nil }
  }

  /// An id for a message; what cannot be one may be a value in its place.
  private static func shown(_ id: String) -> String {
    (try? KeyReference.keystoreID(id)) ?? "…"
  }
}
