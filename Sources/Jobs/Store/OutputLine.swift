internal import JSON

/// A line of an output file, without its line feed.
///
/// An answer that is large stays where it was received, and what stands before and behind it in its
/// line beside it: each copy of it would be counted in hundreds of megabytes. So a line is read in
/// blocks.
package struct OutputLine: Sendable {
  /// How an answer stands in its line.
  package enum Place: Sendable {
    /// As JSON, whose line breaks become spaces: they can only be white space between tokens.
    case json
    /// UTF-8 within the quotes of a string.
    case string
  }

  /// Answers up to this size, in bytes, are copied into their line.
  private static let small = 64 << 10
  /// Bytes of an answer that are changed at a time.
  private static let block = 256 << 10

  /// How many bytes it has.
  package let count: Int
  private let head: [UInt8]
  private let answer: [UInt8]
  /// Nil where the answer stands there as it is.
  private let place: Place?
  private let tail: [UInt8]
  /// What is to live as long as this line does.
  private let owner: (any Sendable)?

  package init(_ bytes: [UInt8]) {
    (head, answer, tail) = (bytes, [], [])
    (place, owner) = (nil, nil)
    count = bytes.count
  }

  /// - Parameters:
  ///   - head: what stands before the answer.
  ///   - place: how the answer stands there.
  ///   - owner: what is to live as long as the line does.
  ///   - tail: appends to the line what stands behind the answer.
  package init(
    _ head: consuming [UInt8],
    answer: [UInt8],
    as place: Place,
    owner: (any Sendable)?,
    tail appendTail: (inout [UInt8]) -> Void
  ) {
    let size = Self.count(of: answer, as: place)
    let isChanged = place == .string ? size != answer.count : answer.contains(where: Self.isBreak)
    var (line, behind) = (head, [UInt8]())
    if Self.copies(answer: answer) {
      line += isChanged ? Self.changed(answer[...], as: place) : answer
      appendTail(&line)
      (self.answer, self.place, self.owner) = ([], nil, nil)
    } else {
      appendTail(&behind)
      (self.answer, self.place, self.owner) = (answer, isChanged ? place : nil, owner)
    }
    (self.head, tail) = (line, behind)
    count = line.count + (self.answer.isEmpty ? 0 : size) + behind.count
  }

  /// Whether an answer is copied into its line.
  package static func copies(answer: [UInt8]) -> Bool { answer.count <= small }

  private static func isBreak(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  private static func count(of answer: [UInt8], as place: Place) -> Int {
    switch place {
    case .json: answer.count
    case .string: jsonCount(of: answer.span) - 2
    }
  }

  private static func changed(_ answer: ArraySlice<UInt8>, as place: Place) -> [UInt8] {
    switch place {
    case .json: return answer.map { isBreak($0) ? UInt8(ascii: " ") : $0 }
    case .string:
      var string: [UInt8] = []
      string.appendJSON(utf8: answer.span)
      return Array(string.dropFirst().dropLast())
    }
  }

  /// The whole line in one piece: a copy where its answer is large.
  package var bytes: [UInt8] {
    guard !answer.isEmpty else { return head }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    forEachBlock { block in unsafe block.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) } }
    return bytes
  }

  /// Visits its bytes in their order, block by block.
  package func forEachBlock<Failure>(
    _ visit: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    try visit(head.span)
    guard !answer.isEmpty else { return }
    if let place { try visitAnswer(as: place, visit) } else { try visit(answer.span) }
    try visit(tail.span)
  }

  private func visitAnswer<Failure>(
    as place: Place,
    _ visit: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    var rest = answer[...]
    while !rest.isEmpty {
      let block = Self.changed(rest.prefix(Self.block), as: place)
      try visit(block.span)
      rest = rest.dropFirst(Self.block)
    }
  }
}

extension OutputLine: Equatable {
  package static func == (one: OutputLine, other: OutputLine) -> Bool {
    one.count == other.count && one.bytes == other.bytes
  }
}
