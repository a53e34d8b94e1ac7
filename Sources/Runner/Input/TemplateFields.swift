package import JSON
import Jobs
import Mustache

/// What a template may name.
package enum TemplateFields: Sendable {
  /// The members of a plain line.
  case line(JSONValue)
  /// A document: `{{text}}`, which only texts have, `{{path}}` and `{{name}}`, its last path component.
  case document(text: String?, path: String)
}

/// Finds a job's fields for one rendering, counts what they add, and notes the first mistake.
final class FieldLookup {
  private let fields: TemplateFields
  private let outline: TemplateOutline
  private var room: RenderRoom
  /// Why the rendering is of no use, in plain words.
  private(set) var fault: String?
  /// Whether that is a field which the job lacks.
  private(set) var isMissingField = false

  init(_ fields: TemplateFields, _ outline: TemplateOutline, room: RenderRoom) {
    self.fields = fields
    self.outline = outline
    self.room = room
  }

  /// What mustache sees of a field; nil if the job does not have it.
  func field(_ name: String) -> Any? {
    switch fields {
    case .line(let line):
      admits(line.memberCount) ? member(name, of: line).map { represent($0, as: name) } : nil
    case .document(let text, let path):
      switch name {
      case "text": text.map { FieldValue(.text($0), self) }
      case "path": FieldValue(.text(path), self)
      case "name": FieldValue(.text(DocumentName.last(of: path)), self)
      default: nil
      }
    }
  }

  private func member(_ name: String, of line: JSONValue) -> JSONValue? {
    name == "error" ? InputLine.ownError(line[name]) : line[name]
  }

  /// - Parameter name: of the value, for messages.
  func represent(_ value: JSONValue, as name: String) -> Any {
    // A list is looked through only where its elements are asked for.
    guard value.kind == .array || admits(value.size) else {
      return FieldValue(.missing(name), self)
    }
    switch value.kind {
    case .string: return FieldValue(.text(value.string ?? ""), self)
    case .number: return FieldValue(.text(value.source), self)
    case .true: return FieldValue(.flag(true), self)
    case .false: return FieldValue(.flag(false), self)
    case .null: return FieldValue(.missing("."), self)
    case .object: return FieldValue(.object(value), self)
    case .array: return FieldList(value, as: name, self)
    }
  }

  /// Whether there is time to look through so many bytes or fields.
  func admits(_ size: Int) -> Bool { room.look(through: size) || overflow(false) }

  /// A text on its way into the prompt; empty where there is no room for it.
  func admit(_ text: String) -> String {
    guard room.take(text.utf8.count) else { return overflow("") }
    return text
  }

  /// Whether there is room for one more repetition of a section.
  func admitsRepetition() -> Bool { room.takeRepetition() || overflow(false) }

  private func overflow<Value>(_ value: Value) -> Value {
    note(
      "the prompt template makes a prompt of more than \(PromptTemplate.largest >> 20) MiB of this "
        + "job, or repeats too much of it; shorten its fields or its lists"
    )
    return value
  }

  func note(missing name: String) {
    if fault == nil { isMissingField = true }
    let path = outline.path(endingIn: name)
    note("the prompt template names {{\(path)}}, which this job does not have")
  }

  /// Notes that a transform does nothing to a value of this kind, which would be left out silently.
  func note(transform name: String, of kind: String) -> Any? {
    note("the prompt template applies {{\(name)(…)}} to \(kind), which cannot be")
    return nil
  }

  private func note(_ message: String) {
    if fault == nil { fault = message }
  }
}

/// A field as mustache looks at it: something that has a text, or further fields, or is not there.
struct FieldValue: MustacheParent, MustacheCustomRenderable, MustacheTransformable {
  enum Content {
    case root
    case text(String)
    case flag(Bool)
    case object(JSONValue)
    /// By its name, and the object that was looked through for it.
    case missing(String, in: JSONValue? = nil)
  }

  private let content: Content
  private let lookup: FieldLookup

  init(_ content: Content, _ lookup: FieldLookup) {
    self.content = content
    self.lookup = lookup
  }

  /// A field below this one, or else of the job, as mustache's sections look outwards.
  ///
  /// What neither has is still something, so that writing it out can be noticed.
  func child(named name: String) -> Any? {
    var (name, object): (String, JSONValue?) = (name, nil)
    switch content {
    case .missing(let parent, let owner):
      // A name may have a period in it.
      (name, object) = ("\(parent).\(name)", owner)
    case .object(let owner): object = owner
    case .root, .text, .flag: break
    }
    if let value = object?[name] { return lookup.represent(value, as: name) }
    return lookup.field(name) ?? FieldValue(.missing(name, in: object), lookup)
  }

  var renderText: String {
    switch content {
    case .text(let text): return lookup.admit(text)
    case .flag(let flag): return lookup.admit("\(flag)")
    case .object(let object): return lookup.admit(object.source)
    case .root: lookup.note(missing: ".")
    case .missing(let name, _): lookup.note(missing: name)
    }
    return ""
  }

  /// Whether a section over this field is left out.
  var isNull: Bool {
    switch content {
    case .text(let text): text.isEmpty
    case .flag(let flag): !flag
    case .root, .object: false
    case .missing: true
    }
  }

  func transform(_ name: String) -> Any? {
    switch content {
    case .text(let text):
      guard lookup.admits(text.utf8.count) else { return self }
      switch text.transform(name) {
      case let flag as Bool: return flag
      case let text?: return FieldValue(.text("\(text)"), lookup)
      case nil: return lookup.note(transform: name, of: "a text")
      }
    case .flag: return lookup.note(transform: name, of: "true or false")
    case .root, .object: return lookup.note(transform: name, of: "an object")
    case .missing: return name == "empty" ? true : self
    }
  }
}

/// A list: a section over it repeats, a number names one of its elements, written out it is JSON.
struct FieldList: MustacheSequence, MustacheParent, MustacheCustomRenderable,
  MustacheTransformable
{
  private let value: JSONValue
  private let name: String
  private let lookup: FieldLookup

  init(_ value: JSONValue, as name: String, _ lookup: FieldLookup) {
    self.value = value
    self.name = name
    self.lookup = lookup
  }

  /// Represents the elements one by one, as long as there is room for what the section makes of them.
  struct Iterator: IteratorProtocol {
    fileprivate var elements: JSONValue.Elements
    fileprivate let name: String
    fileprivate let lookup: FieldLookup

    mutating func next() -> Any? {
      guard let element = elements.next(), lookup.admitsRepetition() else { return nil }
      return lookup.represent(element, as: name)
    }
  }

  func makeIterator() -> Iterator {
    Iterator(elements: value.eachElement, name: name, lookup: lookup)
  }

  /// An element by its place, from 0, or a field of the job, as mustache's sections look outwards.
  func child(named name: String) -> Any? {
    guard let place = Int(name) else {
      return lookup.field(name) ?? FieldValue(.missing(name), lookup)
    }
    let path = "\(self.name).\(name)"
    guard place >= 0, String(place) == name, lookup.admits(value.size),
      let element = value.eachElement.dropFirst(place).first(where: { _ in true })
    else { return FieldValue(.missing(path), lookup) }
    return lookup.represent(element, as: path)
  }

  var renderText: String { lookup.admit(value.source) }
  var isNull: Bool { false }

  func transform(_ name: String) -> Any? {
    guard name == "empty" else { return lookup.note(transform: name, of: "a list") }
    return value.eachElement.first { _ in true } == nil
  }
}
