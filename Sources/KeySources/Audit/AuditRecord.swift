import JSON

/// A line of an audit log, read for people.
package struct AuditRecord: Hashable, Sendable {
  /// Numbers as they stand in the line.
  private let fields: [String: String]

  /// Reads a line; nil when it is not a JSON object.
  package init?(_ line: ArraySlice<UInt8>) {
    let text = Array(line)
    guard let root = try? JSONScanner.wholeValue(in: text.span),
      let members = try? root.members(in: text.span)
    else { return nil }
    let pairs = members.map { member in
      let isString = member.value.kind == .string
      let value =
        isString
        ? (member.value.string(in: text.span) ?? "")
        : String(decoding: text[member.value.range], as: UTF8.self)
      return (member.name, value)
    }
    fields = Dictionary(pairs) { first, _ in first }
  }

  /// The field of a name, for instance `event`; nil where the line has none.
  package subscript(name: String) -> String? { fields[name] }
}
