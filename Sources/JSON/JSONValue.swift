/// A value in a JSON text that it keeps, for reading a few fields in passing.
///
/// An object's members are found once: the outermost ones while the text is validated, those
/// further inside when a look gets there.
package struct JSONValue: Sendable {
  private let text: [UInt8]
  private let token: JSONToken
  /// The members of an object, none for anything else.
  private let tokens: [JSONMember]

  /// Validates a whole text.
  package init(parsing text: [UInt8]) throws(JSONError) {
    self.text = text
    let span = text.span
    guard var members = JSONMembers(ofWhole: span) else {
      token = try JSONScanner.wholeValue(in: span)
      tokens = []
      return
    }
    tokens = try members.rest(in: span)
    token = members.object
  }

  private init(_ token: JSONToken, of text: [UInt8]) {
    self.text = text
    self.token = token
    guard token.kind == .object else {
      tokens = []
      return
    }
    var members = JSONMembers(of: token)
    tokens = (try? members.rest(in: text.span)) ?? []
  }

  package var kind: JSONToken.Kind { token.kind }
  package var string: String? { token.string(in: text.span) }
  package var integer: Int? { token.integer(in: text.span) }
  package var double: Double? { token.double(in: text.span) }
  /// The value's own bytes, quotes and brackets included.
  package var source: String { token.source(in: text.span) }

  /// Bytes of the value's own text.
  package var size: Int { token.range.count }
  /// How many members an object has; zero for anything else.
  package var memberCount: Int { tokens.count }

  /// The last member of this name, as most readers take it; nil if there is none, if it is null, or in
  /// a non-object.
  package subscript(_ name: String) -> JSONValue? {
    let span = text.span
    for member in tokens.reversed() where member.key.isString(name, in: span) {
      return member.value.kind == .null ? nil : JSONValue(member.value, of: text)
    }
    return nil
  }

  /// The members of an object in their order, or nil.
  package var members: [(name: String, value: JSONValue)]? {
    guard kind == .object else { return nil }
    let span = text.span
    var result: [(name: String, value: JSONValue)] = []
    for member in tokens {
      result.append((member.key.string(in: span) ?? "", JSONValue(member.value, of: text)))
    }
    return result
  }

  /// The elements of an array, or nil.
  package var elements: [JSONValue]? { kind == .array ? Array(eachElement) : nil }

  /// The elements of an array, found one by one as they are asked for; none of anything else.
  package var eachElement: Elements { Elements(of: token, in: text) }

  /// A walk over the elements of an array.
  package struct Elements: Sequence, IteratorProtocol {
    private let text: [UInt8]
    private var walk: JSONElements?

    fileprivate init(of token: JSONToken, in text: [UInt8]) {
      self.text = text
      walk = token.kind == .array ? JSONElements(of: token) : nil
    }

    package mutating func next() -> JSONValue? {
      guard var elements = walk else { return nil }
      // The text was validated when it was taken.
      let element = try? elements.next(in: text.span)
      walk = elements
      return element.map { JSONValue($0, of: text) }
    }
  }
}
