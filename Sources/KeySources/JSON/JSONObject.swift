import JSON

/// A JSON object at its place in a text.
struct JSONObject {
  private let token: JSONToken
  private let members: [(name: String, value: JSONToken)]

  /// The place, braces included.
  var range: Range<Int> { token.range }

  init(_ token: JSONToken, in text: Span<UInt8>) throws(JSONError) {
    self.token = token
    members = try token.members(in: text)
  }

  /// A member's value; nil when there is none of that name.
  subscript(name: String) -> JSONToken? { members.first { $0.name == name }?.value }

  func required(_ name: String) throws(JSONError) -> JSONToken {
    guard let value = self[name] else {
      throw JSONError(misfitAt: range.lowerBound, "the field '\(name)' is missing")
    }
    return value
  }

  /// A member that is a string, and not secret.
  func string(_ name: String, in text: Span<UInt8>) -> String? {
    guard let value = self[name], value.kind == .string else { return nil }
    return value.string(in: text) ?? ""
  }

  /// A member that is a list of strings; empty when there is none.
  func strings(_ name: String, in text: Span<UInt8>) throws(JSONError) -> [String] {
    guard let value = self[name], value.kind == .array else { return [] }
    var strings: [String] = []
    for element in try value.elements(in: text) {
      guard element.kind == .string else {
        throw JSONError(
          misfitAt: element.range.lowerBound,
          "'\(name)' holds more than strings"
        )
      }
      strings.append(element.string(in: text) ?? "")
    }
    return strings
  }

  /// A member that is a moment, in milliseconds since 1970; nil when it is null or not there.
  func moment(
    _ name: String,
    of id: String,
    in text: Span<UInt8>
  ) throws(JSONError) -> Int64? {
    guard let value = self[name], value.kind != .null else { return nil }
    guard let moment = string(name, in: text).flatMap(Timestamp.moment) else {
      throw JSONError(
        misfitAt: value.range.lowerBound,
        "'\(name)' of the key '\(id)' is not a time such as 2026-12-31T00:00:00Z"
      )
    }
    return moment
  }
}
