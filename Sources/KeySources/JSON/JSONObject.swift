/// A JSON object at its place in a text.
struct JSONObject {
  /// The place, braces included.
  let range: Range<Int>
  private let members: [JSONText.Member]

  init(at range: Range<Int>, in text: Span<UInt8>) throws(JSONText.Malformed) {
    self.range = range
    members = try JSONText.members(of: range, in: text)
  }

  /// The place of a member's value; nil when there is none of that name.
  subscript(name: String) -> Range<Int>? { members.first { $0.name == name }?.value }

  func required(_ name: String) throws(JSONText.Malformed) -> Range<Int> {
    guard let value = self[name] else {
      throw JSONText.Malformed(offset: range.lowerBound, "the field '\(name)' is missing")
    }
    return value
  }

  /// A member that is a string, and not secret.
  func string(_ name: String, in text: Span<UInt8>) -> String? {
    guard let value = self[name], JSONText.isString(value, in: text) else { return nil }
    return JSONText.string(at: value, in: text)
  }

  /// A member that is a list of strings; empty when there is none.
  func strings(_ name: String, in text: Span<UInt8>) throws(JSONText.Malformed) -> [String] {
    guard let value = self[name], text[value.lowerBound] == UInt8(ascii: "[") else { return [] }
    var strings: [String] = []
    for element in try JSONText.elements(of: value, in: text) {
      guard JSONText.isString(element, in: text) else {
        throw JSONText.Malformed(offset: element.lowerBound, "'\(name)' holds more than strings")
      }
      strings.append(JSONText.string(at: element, in: text))
    }
    return strings
  }

  /// A member that is a moment, in milliseconds since 1970; nil when it is null or not there.
  func moment(
    _ name: String,
    of id: String,
    in text: Span<UInt8>
  ) throws(JSONText.Malformed) -> Int64? {
    guard let value = self[name], text[value.lowerBound] != UInt8(ascii: "n") else { return nil }
    guard let moment = string(name, in: text).flatMap(Timestamp.moment) else {
      throw JSONText.Malformed(
        offset: value.lowerBound,
        "'\(name)' of the key '\(id)' is not a time such as 2026-12-31T00:00:00Z"
      )
    }
    return moment
  }
}
