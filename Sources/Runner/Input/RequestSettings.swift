import JSON
package import Jobs
internal import Secrets

/// What goes into every request that a line or document does not say itself, as a batch remembers it.
package struct RequestSettings: Sendable, Equatable {
  /// By name, in the order of the messages; nil for what is not set.
  private var values: [(name: String, value: String?)]
  /// The budget of the run, which goes into no request; nil for none.
  package private(set) var budget: String?

  /// - Parameters:
  ///   - api: where prompts go at the provider; nil for its default.
  ///   - template: the text of the prompt template.
  ///   - parameters: what requests say besides, as ``PromptParameters/settings`` has it.
  package init(
    provider: String,
    api: String?,
    model: String?,
    maxTokens: Int?,
    system: String?,
    template: String?,
    parameters: [(name: String, json: String)] = []
  ) {
    values = [
      ("provider", provider), ("api", api), ("model", model),
      ("max_tokens", maxTokens.map(String.init)),
      (Self.system, system.map(Self.digest)), (Self.template, template.map(Self.digest)),
    ]
    for (name, json) in parameters {
      let isLong = json.utf8.count > Self.longestShown
      values.append((name, isLong ? Self.digestMark + Self.digest(json) : json))
    }
  }

  /// The same, with the member of plain lines that is the id where that is not `id`.
  package func naming(idField: String?) -> RequestSettings {
    guard let idField else { return self }
    var settings = self
    settings.values.append((Self.idField, idField))
    return settings
  }

  /// The same, with what the run may spend.
  package func budgeted(_ budget: USD?) -> RequestSettings {
    var settings = self
    settings.budget = budget?.text
    return settings
  }

  /// The member of plain lines that is the id; nil for `id`.
  package var idField: String? { values.first { $0.name == Self.idField }?.value }

  private static let idField = "id_field"
  private static let budgetName = "budget"
  private static let system = "system_sha256"
  private static let template = "template_sha256"
  /// Bytes of a parameter that is kept and told as it is; of a longer one its hash is kept.
  private static let longestShown = 40
  private static let digestMark = "sha256:"

  /// Reads what ``json`` wrote; nil for anything else.
  package init?(json: String) {
    guard let members = (try? JSONValue(parsing: Array(json.utf8)))?.members else { return nil }
    values = members.filter { $0.name != Self.budgetName }.map { ($0.name, $0.value.string) }
    budget = members.first { $0.name == Self.budgetName }?.value.string
  }

  /// An object of strings and nulls.
  package var json: String {
    var text: [UInt8] = []
    let all = values + (budget.map { [(name: Self.budgetName, value: $0)] } ?? [])
    for (name, value) in all {
      text.appendRaw(text.isEmpty ? "{" : ",")
      text.appendJSON(name)
      text.appendRaw(":")
      if let value { text.appendJSON(value) } else { text.appendRaw("null") }
    }
    text.appendRaw("}")
    return String(decoding: text, as: UTF8.self)
  }

  /// What is no longer as in `earlier`, in words.
  package func changes(since earlier: RequestSettings) -> [String] {
    let gone = earlier.values.filter { old in !values.contains { $0.name == old.name } }
    return (values + gone.map { ($0.name, nil) }).compactMap { name, value in
      let before = earlier.values.first { $0.name == name }?.value
      guard before != value else { return nil }
      switch name {
      case Self.system: return "the system prompt is another one"
      case Self.template: return "the prompt template is another one"
      default: return Self.change(of: name, from: before, to: value)
      }
    }
  }

  private static func change(of name: String, from old: String?, to new: String?) -> String {
    let words = [old, new].map { $0.map { $0.hasPrefix(digestMark) ? "set" : $0 } ?? "not set" }
    guard words[0] != words[1] else { return "the \(name) is another one" }
    return "the \(name) was \(words[0]) and is now \(words[1])"
  }

  /// True for those that make the same requests, whatever they may cost.
  package static func == (a: RequestSettings, b: RequestSettings) -> Bool {
    a.budgeted(nil).json == b.budgeted(nil).json
  }

  private static func digest(_ text: String) -> String {
    var text = text
    return text.withUTF8 { unsafe SHA256.digest(of: UnsafeRawBufferPointer($0)).hex }
  }
}
