/// A name and its value in an object.
package struct JSONMember: Sendable {
  /// A string token.
  package let key: JSONToken
  package let value: JSONToken

  package init(key: JSONToken, value: JSONToken) {
    self.key = key
    self.value = value
  }
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
  private let depth: Int

  /// Walks an object that was found before.
  package init(of object: JSONToken) {
    precondition(object.kind == .object)
    start = object.range.lowerBound
    end = object.range.upperBound
    scanner = JSONScanner(at: start)
    isWholeText = false
    depth = 1
  }

  /// Walks a text that is one object, with white space around it; nil if it is no object.
  package init?(ofWhole text: Span<UInt8>) {
    scanner = JSONScanner()
    guard scanner.peek(in: text) == UInt8(ascii: "{") else { return nil }
    start = scanner.offset
    end = start
    isWholeText = true
    depth = 1
  }

  private init(at scanner: JSONScanner, depth: Int) {
    self.scanner = scanner
    self.depth = depth
    start = scanner.offset
    end = start
    isWholeText = false
  }

  /// The object that has been walked, its end included once ``next(in:)`` has returned nil.
  package var object: JSONToken { JSONToken(kind: .object, range: start..<end, hasEscapes: false) }

  /// The next member, or nil at the end, where also the rest of a whole text has been checked.
  ///
  /// `text` must be the text that the walk began with.
  package mutating func next(in text: Span<UInt8>) throws(JSONError) -> JSONMember? {
    guard let key = try name(in: text) else { return nil }
    return JSONMember(key: key, value: try value(in: text))
  }

  /// The name of the next member, or nil at the end; its value must be read before the next one.
  package mutating func name(in text: Span<UInt8>) throws(JSONError) -> JSONToken? {
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
    return key
  }

  /// The value of the member that ``name(in:)`` has named.
  package mutating func value(in text: Span<UInt8>) throws(JSONError) -> JSONToken {
    try scanner.value(in: text, depth: depth)
  }

  /// A walk of that value, if it is an object; it is ended by ``goOn(after:)``.
  package mutating func inner(in text: Span<UInt8>) -> JSONMembers? {
    guard scanner.peek(in: text) == UInt8(ascii: "{") else { return nil }
    return JSONMembers(at: scanner, depth: depth + 1)
  }

  /// Goes on behind a value that was walked to its end.
  package mutating func goOn(after inner: JSONMembers) { scanner = inner.scanner }

  /// The members from here to the end.
  mutating func rest(in text: Span<UInt8>) throws(JSONError) -> [JSONMember] {
    var result: [JSONMember] = []
    while let member = try next(in: text) { result.append(member) }
    return result
  }
}

// What stands in objects and arrays that were found before. `text` is the text they were found in.
extension JSONToken {
  /// The members of an object in their order.
  ///
  /// - Throws: a ``JSONError`` for what is no object.
  package func members(
    in text: Span<UInt8>
  ) throws(JSONError) -> [(name: String, value: JSONToken)] {
    guard kind == .object else {
      throw JSONError(offset: range.lowerBound, message: "an object is due")
    }
    var members = JSONMembers(of: self)
    var result: [(name: String, value: JSONToken)] = []
    while let member = try members.next(in: text) {
      result.append((member.key.string(in: text) ?? "", member.value))
    }
    return result
  }

  /// The elements of an array in their order.
  ///
  /// - Throws: a ``JSONError`` for what is no array.
  package func elements(in text: Span<UInt8>) throws(JSONError) -> [JSONToken] {
    guard kind == .array else {
      throw JSONError(offset: range.lowerBound, message: "an array is due")
    }
    var elements = JSONElements(of: self)
    var result: [JSONToken] = []
    while let element = try elements.next(in: text) { result.append(element) }
    return result
  }
}
