package import Secrets

/// The one change that is made to an answer: a key that a provider gives back is cut out of it.
///
/// Only where the key is one of the provider's own words: inside a string that is a value, whole, so
/// that no number, name or escape changes and what was JSON still is.
package struct HiddenKey: Sendable {
  /// The answer without the key.
  package private(set) var json: [UInt8]
  /// How often it was there.
  package private(set) var count = 0

  /// - Parameters:
  ///   - secret: the key that was sent.
  ///   - json: valid JSON.
  package init(_ secret: borrowing Secret, in json: [UInt8]) {
    self.json = json
    guard Scrubber.find(secret, in: json[...]) != nil else { return }
    var output: [UInt8] = []
    var copied = 0
    for content in Self.stringValues(in: json) {
      var rest = json[content]
      while let found = Scrubber.find(secret, in: rest) {
        rest = rest[found.upperBound...]
        // What begins within an escape is another text than the key.
        guard !Self.isEscaped(json, at: found.lowerBound, since: content.lowerBound) else {
          continue
        }
        output += json[copied..<found.lowerBound]
        output += Scrubber.replacement.utf8
        copied = found.upperBound
        count += 1
      }
    }
    if count > 0 { self.json = output + json[copied...] }
  }

  private static func isEscaped(_ json: [UInt8], at place: Int, since start: Int) -> Bool {
    let backslashes = json[start..<place].reversed().prefix { $0 == UInt8(ascii: "\\") }
    return !backslashes.count.isMultiple(of: 2)
  }

  /// What stands between the quotes of the strings that are no names.
  private static func stringValues(in json: [UInt8]) -> [Range<Int>] {
    var values: [Range<Int>] = []
    var place = 0
    while let start = json[place...].firstIndex(of: UInt8(ascii: "\"")) {
      var end = start + 1
      while end < json.count, json[end] != UInt8(ascii: "\"") {
        end += json[end] == UInt8(ascii: "\\") ? 2 : 1
      }
      guard end < json.count else { break }
      place = end + 1
      let next = json[place...].first { $0 > 0x20 }
      if next != UInt8(ascii: ":") { values.append(start + 1..<end) }
    }
    return values
  }
}
