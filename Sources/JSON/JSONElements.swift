/// Walks the elements of one array that was found before, in the order in which they stand.
package struct JSONElements: Sendable {
  private var scanner: JSONScanner
  private var isFirst = true
  private var isOver = false

  package init(of array: JSONToken) {
    precondition(array.kind == .array)
    scanner = JSONScanner(at: array.range.lowerBound + 1)
  }

  /// The next element, or nil at the end.
  ///
  /// `text` must be the text that the array was found in.
  package mutating func next(in text: Span<UInt8>) throws(JSONError) -> JSONToken? {
    guard !isOver else { return nil }
    let goesOn =
      isFirst
      ? !scanner.take(UInt8(ascii: "]"), in: text) : scanner.take(UInt8(ascii: ","), in: text)
    isFirst = false
    isOver = !goesOn
    return goesOn ? try scanner.value(in: text, depth: 1) : nil
  }
}
