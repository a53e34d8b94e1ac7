package import JSON
import Mustache

/// What a template may name.
package enum TemplateFields: Sendable {
  /// The members of a plain line.
  case line(JSONValue)
  /// A document: `{{text}}`, `{{path}}` and `{{name}}`, its last path component.
  case document(text: String, path: String)
}

/// Finds a job's fields for one rendering, and notes the first that is missing.
final class FieldLookup {
  private let fields: TemplateFields
  private(set) var missing: String?

  init(_ fields: TemplateFields) {
    self.fields = fields
  }

  /// What mustache sees of a field; nil if the job does not have it.
  func field(_ name: String) -> Any? {
    switch fields {
    case .line(let line): line[name].map(represent)
    case .document(let text, let path):
      switch name {
      case "text": FieldValue(.text(text), self)
      case "path": FieldValue(.text(path), self)
      case "name": FieldValue(.text(path.split(separator: "/").last.map(String.init) ?? path), self)
      default: nil
      }
    }
  }

  func represent(_ value: JSONValue) -> Any {
    switch value.kind {
    case .string: FieldValue(.text(value.string ?? ""), self)
    case .number: FieldValue(.text(value.source), self)
    case .true: true
    case .false: false
    case .null: FieldValue(.missing("."), self)
    case .object: FieldValue(.object(value), self)
    case .array: FieldList(value, self)
    }
  }

  func note(missing name: String) {
    if missing == nil { missing = name }
  }
}

/// A field as mustache looks at it: something that has a text, or further fields, or is not there.
struct FieldValue: MustacheParent, MustacheCustomRenderable, MustacheTransformable {
  enum Content {
    case root
    case text(String)
    case object(JSONValue)
    case missing(String)
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
    switch content {
    case .missing(let parent): return FieldValue(.missing("\(parent).\(name)"), lookup)
    case .object(let object):
      if let value = object[name] { return lookup.represent(value) }
    case .root, .text: break
    }
    return lookup.field(name) ?? FieldValue(.missing(name), lookup)
  }

  var renderText: String {
    switch content {
    case .text(let text): return text
    case .object(let object): return object.source
    case .root: lookup.note(missing: ".")
    case .missing(let name): lookup.note(missing: name)
    }
    return ""
  }

  /// Whether a section over this field is left out.
  var isNull: Bool {
    switch content {
    case .text(let text): text.isEmpty
    case .root, .object: false
    case .missing: true
    }
  }

  func transform(_ name: String) -> Any? {
    switch content {
    case .text(let text): text.transform(name)
    case .root, .object: nil
    case .missing: name == "empty" ? true : self
    }
  }
}

/// A list: a section over it repeats, written out it is JSON.
struct FieldList: MustacheSequence, MustacheCustomRenderable {
  private let value: JSONValue
  private let lookup: FieldLookup

  init(_ value: JSONValue, _ lookup: FieldLookup) {
    self.value = value
    self.lookup = lookup
  }

  func makeIterator() -> IndexingIterator<[Any]> {
    (value.elements ?? []).map(lookup.represent).makeIterator()
  }

  var renderText: String { value.source }
  var isNull: Bool { false }
}
