/// Where things stand in the text of a keystore document, and which edits change them.
struct KeystoreIndex {
  private static let version = 1

  /// One key: what is said about it, and where.
  struct Place {
    let id: String
    let provider: String?
    let state: KeystoreEntry.State
    let created: String
    /// Where its value stands, quotes included.
    let value: Range<Int>
    fileprivate let range: Range<Int>
    fileprivate let members: [JSONText.Member]
  }

  /// Text to put in place of a range: `before`, and then the key's value and `after`, if it has
  /// one.
  struct Edit {
    let range: Range<Int>
    let before: String
    var includesValue = false
    var after = ""
  }

  /// Counts up with every change.
  let generation: Int
  /// The keys, in the order of the document.
  let places: [Place]
  private let generationRange: Range<Int>
  private let keysRange: Range<Int>

  init(_ text: Span<UInt8>) throws(JSONText.Malformed) {
    let root = try JSONText.root(of: text)
    let members = try JSONText.members(of: root, in: text)
    func member(_ name: String) throws(JSONText.Malformed) -> Range<Int> {
      guard let member = members.first(where: { $0.name == name }) else {
        throw JSONText.Malformed(offset: root.lowerBound, "the field '\(name)' is missing")
      }
      return member.value
    }
    let version = try member("v")
    guard JSONText.integer(at: version, in: text) == Self.version else {
      throw JSONText.Malformed(
        offset: version.lowerBound,
        "it was written by a newer version of nightjar; update nightjar"
      )
    }
    generationRange = try member("generation")
    guard let generation = JSONText.integer(at: generationRange, in: text) else {
      throw JSONText.Malformed(offset: generationRange.lowerBound, "'generation' is not a number")
    }
    self.generation = generation
    keysRange = try member("keys")
    places = try Self.places(try JSONText.elements(of: keysRange, in: text), in: text)
  }

  private static func places(
    _ elements: [Range<Int>],
    in text: Span<UInt8>
  ) throws(JSONText.Malformed) -> [Place] {
    var places: [Place] = []
    var ids: Set<String> = []
    for element in elements {
      let place = try place(element, in: text)
      guard ids.insert(place.id).inserted else {
        throw JSONText.Malformed(
          offset: element.lowerBound,
          "it has two keys with the id '\(place.id)'"
        )
      }
      places.append(place)
    }
    return places
  }

  private static func place(
    _ object: Range<Int>,
    in text: Span<UInt8>
  ) throws(JSONText.Malformed) -> Place {
    let members = try JSONText.members(of: object, in: text)
    func string(_ name: String) -> Range<Int>? {
      let member = members.first { $0.name == name && JSONText.isString($0.value, in: text) }
      return member?.value
    }
    guard let id = string("id"), let value = string("value") else {
      throw JSONText.Malformed(offset: object.lowerBound, "a key has no id or no value")
    }
    let state = string("state").map { JSONText.string(at: $0, in: text) } ?? "active"
    guard let known = KeystoreEntry.State(rawValue: state) else {
      throw JSONText.Malformed(offset: object.lowerBound, "a key has the unknown state '\(state)'")
    }
    return Place(
      id: JSONText.string(at: id, in: text),
      provider: string("provider").map { JSONText.string(at: $0, in: text) },
      state: known,
      created: string("created").map { JSONText.string(at: $0, in: text) } ?? "",
      value: value,
      range: object,
      members: members
    )
  }
}

// MARK: - Edits

extension KeystoreIndex {
  private var nextGeneration: Edit {
    Edit(range: generationRange, before: String(generation + 1))
  }

  /// The edits that append a key.
  func edits(adding key: KeystoreDocument.Description) -> [Edit] {
    var fields = "\"id\":\(JSONText.quote(key.id))"
    if let provider = key.provider { fields += ",\"provider\":\(JSONText.quote(provider))" }
    fields += ",\"state\":\"active\",\"created\":\(JSONText.quote(key.created))"
    let end = keysRange.upperBound - 1
    let comma = places.isEmpty ? "" : ","
    return [
      nextGeneration,
      Edit(
        range: end..<end,
        before: "\(comma){\(fields),\"value\":\"",
        includesValue: true,
        after: "\"}"
      ),
    ]
  }

  /// The edits that give a key another value and make it active; its other fields stay.
  func edits(replacing place: Place, with key: KeystoreDocument.Description) -> [Edit] {
    var fields = ["state": "\"active\"", "created": JSONText.quote(key.created)]
    fields["provider"] = key.provider.map(JSONText.quote)
    var edits = [
      nextGeneration, Edit(range: place.value, before: "\"", includesValue: true, after: "\""),
    ]
    for (name, text) in fields.sorted(by: { $0.key < $1.key }) {
      if let member = place.members.first(where: { $0.name == name }) {
        edits.append(Edit(range: member.value, before: text))
      } else {
        let start = place.range.lowerBound + 1
        edits.append(Edit(range: start..<start, before: "\"\(name)\":\(text),"))
      }
    }
    return edits
  }

  /// The edits that take a key out; nil when there is no such key.
  func edits(removing id: String) -> [Edit]? {
    guard let index = places.firstIndex(where: { $0.id == id }) else { return nil }
    var range = places[index].range
    if index > 0 {
      range = places[index - 1].range.upperBound..<range.upperBound
    } else if places.count > 1 {
      range = range.lowerBound..<places[1].range.lowerBound
    }
    return [nextGeneration, Edit(range: range, before: "")]
  }
}
