import JSON

/// What an export tells of a result; a pure value.
package struct ExportField: Sendable, Equatable {
  /// What it is called in the first line of a table, and in an object.
  package private(set) var name: String
  /// Where it stands, from the outermost member on.
  private let path: [String]

  /// A field by the name that a user gives it.
  ///
  /// - Returns: nil for a name that means nothing.
  package init?(_ name: String) {
    self.name = name
    path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !path.contains("") else { return nil }
    guard Self.plain.contains(name) || path.count > 1 && Self.roots.contains(path[0]) else {
      return nil
    }
  }

  /// A member of the line that the job was.
  ///
  /// - Parameter name: what it is called in the export, where that is not the member's own name.
  package init(input member: String, named name: String? = nil) {
    self.name = name ?? member
    path = ["input", member]
  }

  /// Those that are told where nobody says which.
  package static func usual(ofFailed isFailed: Bool) -> [ExportField] {
    let names =
      isFailed
      ? ["id", "error", "message"]
      : ["id", "text", "finish", "model", "input_tokens", "output_tokens", "cost_usd"]
    return names.compactMap(ExportField.init)
  }

  /// Names that stand for themselves.
  package static let plain = [
    "id", "text", "finish", "model", "input_tokens", "output_tokens", "cost_usd", "attempts",
    "latency_ms", "account", "endpoint", "error", "message",
  ]
  /// What the others begin with: a member of the answer that is JSON, of the provider's body, or of
  /// the input.
  package static let roots = ["answer", "body", "input"]

  /// Whether the job's own line is needed.
  package var isOfInput: Bool { path[0] == "input" }

  /// Whether it says which job it is.
  package var isID: Bool { path == ["id"] }

  func renamed(_ name: String) -> ExportField {
    var field = self
    field.name = name
    return field
  }

  /// The value in a result.
  ///
  /// - Returns: nil where it has none.
  func value(in result: ExportedResult) -> ExportValue? {
    switch path[0] {
    case "input": result.input?[path.dropFirst().joined(separator: ".")].map(ExportValue.init)
    case "answer": result.answer?.member(path.dropFirst()).map(ExportValue.init)
    case "body": result.body?.member(path.dropFirst()).map(ExportValue.init)
    case "id": ExportValue(text: result.id)
    case "text": result.text.map(ExportValue.init(text:))
    case "model": result.body?["model"].map(ExportValue.init)
    case "input_tokens", "output_tokens": result.note?["usage"]?[path[0]].map(ExportValue.init)
    case "error": result.error?["code"].map(ExportValue.init)
    case "message": result.error?["message"].map(ExportValue.init)
    case let name: result.note?[name].map(ExportValue.init)
    }
  }
}

/// A value as it goes into a table or an object.
struct ExportValue: Sendable, Equatable {
  /// Of a string what it says, of anything else its JSON.
  let text: String
  let isJSON: Bool

  init(text: String) {
    self.text = text
    isJSON = false
  }

  init(_ value: JSONValue) {
    isJSON = value.kind != .string
    text = value.string ?? value.source
  }
}

extension JSONValue {
  /// A member of a member, or an element of a list by its number from 0.
  func member(_ path: ArraySlice<String>) -> JSONValue? {
    guard let name = path.first else { return self }
    if kind == .array, let index = Int(name) {
      var elements = eachElement.makeIterator()
      for _ in 0..<max(0, index) where elements.next() == nil { return nil }
      return index < 0 ? nil : elements.next()?.member(path.dropFirst())
    }
    return self[name]?.member(path.dropFirst())
  }
}
