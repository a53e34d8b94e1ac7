import JSON

/// A result line, taken apart for an export; a pure value.
struct ExportedResult {
  let id: String
  /// The provider's body; nil for a failed job.
  let body: JSONValue?
  /// What is told besides.
  let note: JSONValue?
  /// Why the job failed.
  let error: JSONValue?
  /// The line that the job was; nil where it is not known, or not needed.
  let input: JSONValue?
  /// What the answer says; nil where it is no text.
  let text: String?
  /// The same as JSON, where it is that.
  let answer: JSONValue?

  /// - Parameters:
  ///   - line: of the results or the failed jobs.
  ///   - readsAnswer: whether members of an answer are wanted.
  init(_ line: [UInt8], input: JSONValue?, readsAnswer: Bool) {
    let value = try? JSONValue(parsing: line)
    let name = value?["custom_id"] ?? value?["id"]
    id = name?.string ?? name?.source ?? ""
    body = value?["response"]?["body"]
    note = value?["nightjar"]
    error = value?["error"]
    self.input = input
    text = body.flatMap(Self.text)
    answer = readsAnswer ? text.flatMap { try? JSONValue(parsing: Array($0.utf8)) } : nil
  }

  /// What an answer of any provider's API says, the first of several choices.
  static func text(of body: JSONValue) -> String? {
    if let content = body["content"] { return joined(content) }
    if let choice = body["choices"]?.eachElement.first(where: { _ in true }) {
      return (choice["message"]?["content"]).flatMap(joined) ?? choice["text"]?.string
    }
    guard let output = body["output"], output.kind == .array else { return nil }
    let texts = output.eachElement.compactMap { $0["content"].flatMap(joined) }
    return texts.isEmpty ? nil : texts.joined()
  }

  /// A text, or those of its parts that are said and not thought.
  private static func joined(_ content: JSONValue) -> String? {
    guard content.kind == .array else { return content.string }
    let texts = content.eachElement.compactMap { part in
      ["text", "output_text"].contains(part["type"]?.string ?? "text") ? part["text"]?.string : nil
    }
    return texts.isEmpty ? nil : texts.joined()
  }
}
