import Secrets
import Yams

/// The fields of one YAML mapping, each read as the type that is expected.
///
/// What is wrong is reported with its line, and never with the value, which might be a key.
struct YAMLFields {
  let file: String
  private var values: [String: Node] = [:]

  /// Takes a mapping whose fields must all be known.
  ///
  /// - Parameter elsewhere: what to do instead of fields that people look for here, by their names.
  init(
    _ node: Node,
    known: [String],
    elsewhere: [String: String] = [:],
    of what: String,
    in file: String
  ) throws(JobFileError) {
    self.file = file
    guard case .mapping(let mapping) = node else {
      throw JobFileError(
        message: "\(what) must be fields with values, like `\(known[0]): …`",
        file: file,
        line: node.mark?.line
      )
    }
    for (key, value) in mapping {
      let name = key.scalar?.string ?? ""
      guard known.contains(name) else {
        let hint =
          elsewhere[name] ?? nearest(to: name, among: known).map { "did you mean `\($0)`?" }
        throw JobFileError(
          message: "unknown field `\(Scrubber(limit: 60).scrub(name))` in \(what)"
            + (hint.map { "; \($0)" } ?? ""),
          file: file,
          line: key.mark?.line
        )
      }
      values[name] = value
    }
  }

  subscript(_ name: String) -> Node? { values[name] }

  /// Any scalar as its text, except for one left empty.
  func string(_ name: String) throws(JobFileError) -> String? {
    guard let node = values[name] else { return nil }
    return try string(of: node, name)
  }

  /// A number within its range.
  ///
  /// - Parameter word: what may stand in its place, for the message.
  func number<Value>(
    _ name: String,
    _ kind: SettingValue<Value>,
    or word: String? = nil
  ) throws(JobFileError) -> Value? {
    guard let node = values[name] else { return nil }
    guard let text = node.scalar.map({ Self.plain($0.string) }), let value = kind(text) else {
      throw expected(kind.expected + (word.map { ", or \($0)" } ?? ""), name, node)
    }
    return value
  }

  /// Digits in groups, such as 4_000, as flags write them.
  ///
  /// What YAML 1.1 takes for another number than
  /// it looks like, such as 010 or 12:30, is read as it is written, or refused.
  private static func plain(_ number: String) -> String {
    let isGrouped = number.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (0x30...0x39).contains($0) }
    return isGrouped ? number.replacing("_", with: "") : number
  }

  /// One of these words.
  func word(_ name: String, among words: [String]) throws(JobFileError) -> String? {
    guard let node = values[name], let word = try string(name) else { return nil }
    guard words.contains(word) else {
      throw expected("one of \(words.joined(separator: ", "))", name, node)
    }
    return word
  }

  /// Whether something that is off by itself is turned on.
  func flag(_ name: String) throws(JobFileError) -> Bool {
    try word(name, among: ["true", "false"]) == "true"
  }

  /// A list of texts, or one text alone, each with its node.
  func strings(_ name: String) throws(JobFileError) -> [(text: String, node: Node)] {
    var result: [(text: String, node: Node)] = []
    for node in try list(name) { result.append((try string(of: node, name), node)) }
    return result
  }

  /// A list, or one value alone; empty if the field is absent.
  func list(_ name: String) throws(JobFileError) -> [Node] {
    guard let node = values[name] else { return [] }
    return node.sequence.map(Array.init) ?? [node]
  }

  func error(_ message: String, at node: Node?) -> JobFileError {
    JobFileError(message: message, file: file, line: node?.mark?.line)
  }

  private func string(of node: Node, _ name: String) throws(JobFileError) -> String {
    guard let scalar = node.scalar, node.null == nil else { throw expected("text", name, node) }
    return scalar.string
  }

  private func expected(_ what: String, _ name: String, _ node: Node) -> JobFileError {
    error("`\(name)` must be \(what)", at: node)
  }
}

/// The candidate with the fewest edits from `name`, if there are few enough to be a slip.
package func nearest(to name: String, among candidates: [String]) -> String? {
  let ranked = candidates.map { (name: $0, edits: editDistance(name, $0)) }
  guard let best = ranked.min(by: { $0.edits < $1.edits }),
    best.edits <= max(2, name.count / 3), best.edits < max(2, name.count)
  else { return nil }
  return best.name
}

/// The insertions, deletions, replacements and exchanges of neighbours that turn one word into the
/// other (Damerau and Levenshtein, each letter touched once).
private func editDistance(_ first: String, _ second: String) -> Int {
  let (first, second) = (Array(first.prefix(100)), Array(second))
  var rows = [Array(0...second.count)]
  for index in first.indices {
    var row = [index + 1]
    for column in second.indices {
      let replaced = rows[index][column] + (first[index] == second[column] ? 0 : 1)
      var edits = min(replaced, row[column] + 1, rows[index][column + 1] + 1)
      if index > 0, column > 0, first[index] == second[column - 1],
        first[index - 1] == second[column]
      {
        edits = min(edits, rows[index - 1][column - 1] + 1)
      }
      row.append(edits)
    }
    rows.append(row)
  }
  return rows[first.count][second.count]
}
