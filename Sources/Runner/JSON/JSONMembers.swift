/// A name and its value in an object.
package struct JSONMember: Sendable {
  /// A string token.
  package let key: JSONToken
  package let value: JSONToken
}

/// Walks the members of one object, in the order in which they stand.
///
/// Walking to the end has validated every byte of the object, so a text needs no pass of its own.
package struct JSONMembers: Sendable {
  private var scanner: JSONScanner
  private let isWholeText: Bool
  private var isFirst = true
  private let start: Int
  private var end: Int

  /// Walks an object that was found before.
  package init(of object: JSONToken) {
    precondition(object.kind == .object)
    start = object.range.lowerBound
    end = object.range.upperBound
    scanner = JSONScanner(at: start)
    isWholeText = false
  }

  /// Walks a text that is one object, with white space around it; nil if it is no object.
  package init?(ofWhole text: Span<UInt8>) {
    scanner = JSONScanner()
    guard scanner.peek(in: text) == UInt8(ascii: "{") else { return nil }
    start = scanner.offset
    end = start
    isWholeText = true
  }

  /// The object that has been walked, its end included once ``next(in:)`` has returned nil.
  var object: JSONToken { JSONToken(kind: .object, range: start..<end, hasEscapes: false) }

  /// The next member, or nil at the end, where also the rest of a whole text has been checked.
  ///
  /// `text` must be the text that the walk began with.
  package mutating func next(in text: Span<UInt8>) throws(JSONError) -> JSONMember? {
    let opened = isFirst
    if isFirst {
      isFirst = false
      _ = scanner.take(UInt8(ascii: "{"), in: text)
    }
    if scanner.take(UInt8(ascii: "}"), in: text) {
      end = scanner.offset
      if isWholeText { try scanner.end(of: text) }
      return nil
    }
    guard opened || scanner.take(UInt8(ascii: ","), in: text) else {
      throw scanner.error("a comma or } is due")
    }
    let key = try scanner.string(in: text)
    try scanner.colon(in: text)
    return JSONMember(key: key, value: try scanner.value(in: text, depth: 1))
  }

  /// The members from here to the end.
  mutating func rest(in text: Span<UInt8>) throws(JSONError) -> [JSONMember] {
    var result: [JSONMember] = []
    while let member = try next(in: text) { result.append(member) }
    return result
  }
}
