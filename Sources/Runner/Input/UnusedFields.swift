/// The fields of a line that nothing uses, each of which would be lost without a word; a pure
/// value.
struct UnusedFields {
  /// In the order of the line.
  let names: [String]
  private let known: [String]
  /// True for those beside the request of a native line.
  private let isBesideRequest: Bool

  /// What a plain line has besides the fields of the template.
  private static let plain = [
    "id", "prompt", "system", "model", "max_tokens", "params", "files",
  ]
  /// What makes batch lines of conversations.
  private static let ofMessages =
    #"a conversation is sent as a batch line, which `jq -c '{custom_id: "\(.id)", method: "POST", "#
    + #"url: "/v1/chat/completions", body: (del(.id) + {model: "NAME"})}'` makes of it (at "#
    + #"Anthropic `{custom_id: "\(.id)", params: (del(.id) + {model: "NAME", max_tokens: N})}`)"#
  /// How many a message names.
  private static let shown = 6

  /// Finds those among the fields of a line.
  ///
  /// - Parameters:
  ///   - fields: of the line, without those that a plain line has.
  ///   - named: the fields that the prompt template names.
  ///   - ignored: fields that the job file says to ignore.
  /// - Returns: nil where every field is used.
  init?(_ fields: [String], namedByTemplate named: Set<String>, ignored: Set<String>) {
    // A line that stands for a document says all that a template may ask of it.
    let isDocument = fields.contains("path") && fields.contains("name")
    let document: Set<String> = isDocument ? ["path", "name", "text"] : []
    names = fields.filter {
      !named.contains($0) && !ignored.contains($0) && !document.contains($0)
    }
    guard !names.isEmpty else { return nil }
    known = Self.plain + named.sorted()
    isBesideRequest = false
  }

  /// Finds those of a native line, of which only the request is sent.
  ///
  /// - Returns: nil where there are none, or where all are ignored.
  init?(besideRequest fields: [String], ignored: Set<String>) {
    names = fields.filter { !ignored.contains($0) }
    guard !names.isEmpty else { return nil }
    known = []
    isBesideRequest = true
  }

  /// What is wrong with the line, and what to do instead.
  var message: String {
    let more = names.count > Self.shown ? " and \(names.count - Self.shown) more" : ""
    let listed =
      "has \(names.count == 1 ? "a field" : "fields") that nothing uses: "
      + names.prefix(Self.shown).map(named).joined(separator: ", ") + more
    guard !isBesideRequest else {
      return listed + "; what is to be sent stands in the request (`body` or `params`), and "
        + "`ignore_fields` in the job file lists the rest"
    }
    guard !names.contains("messages") else { return listed + "; " + Self.ofMessages }
    return listed
      + "; the provider's own parameters go in `params` of the line or the job file, what the prompt "
      + "needs is named in its template, and `ignore_fields` in the job file lists the rest"
  }

  private func named(_ name: String) -> String {
    if !isBesideRequest, Parameter.common.contains(name) {
      return "`\(name)` (a parameter goes into `params`)"
    }
    return "`\(name.prefix(60))`" + (neighbour(of: name).map { " (did you mean `\($0)`?)" } ?? "")
  }

  private func neighbour(of name: String) -> String? {
    let name = name.lowercased()
    if isBesideRequest { return nil }
    if name.hasPrefix("max_"), name.hasSuffix("tokens") { return "max_tokens" }
    return nearest(to: name, among: known)
  }
}
