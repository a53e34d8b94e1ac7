import JSON

/// JSON that grows by pieces, as streams send it.
enum MergedJSON {
  case object([(name: String, value: MergedJSON)])
  case array([MergedJSON])
  case string(String)
  /// A number or a word, as it stands.
  case other(String)

  init(_ value: JSONValue) {
    if let members = value.members {
      self = .object(members.map { ($0.name, MergedJSON($0.value)) })
    } else if let elements = value.elements {
      self = .array(elements.map { MergedJSON($0) })
    } else if let string = value.string {
      self = .string(string)
    } else {
      self = .other(value.source)
    }
  }

  /// The member of this name; nil where there is none.
  subscript(name: String) -> MergedJSON? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.first { $0.name == name }?.value
    }
    set {
      guard case .object(var members) = self else { return }
      let place = members.firstIndex { $0.name == name }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append((name, value))
      case (nil, nil): break
      }
      self = .object(members)
    }
  }

  /// Members that are said again rather than continued.
  private static let constant: Set = ["index", "type", "id", "role", "object"]

  /// Adds a piece: text goes on, objects take in members, elements with an `index` meet those of the
  /// same one; anything else takes the place of what was there.
  mutating func merge(_ piece: MergedJSON) {
    switch (self, piece) {
    case (_, .other("null")): break
    case (.string(let text), .string(let more)): self = .string(text + more)
    case (.array, .array(let elements)): for element in elements { append(element) }
    case (.object, .object(let members)):
      for (name, value) in members {
        guard var old = self[name], !Self.constant.contains(name) else {
          self[name] = value
          continue
        }
        old.merge(value)
        self[name] = old
      }
    default: self = piece
    }
  }

  private mutating func append(_ element: MergedJSON) {
    guard case .array(var elements) = self else { return }
    let place = element.index.flatMap { index in elements.firstIndex { $0.index == index } }
    if let place { elements[place].merge(element) } else { elements.append(element) }
    self = .array(elements)
  }

  private var index: String? {
    guard case .other(let number)? = self["index"] else { return nil }
    return number
  }

  var json: [UInt8] {
    var text: [UInt8] = []
    write(to: &text)
    return text
  }

  private func write(to text: inout [UInt8]) {
    switch self {
    case .string(let string): text.appendJSON(string)
    case .other(let source): text.appendRaw(source)
    case .array(let elements):
      text.appendRaw("[")
      for (place, element) in elements.enumerated() {
        if place > 0 { text.appendRaw(",") }
        element.write(to: &text)
      }
      text.appendRaw("]")
    case .object(let members):
      text.appendRaw("{")
      for (place, member) in members.enumerated() {
        if place > 0 { text.appendRaw(",") }
        text.appendJSON(member.name)
        text.appendRaw(":")
        member.value.write(to: &text)
      }
      text.appendRaw("}")
    }
  }
}
