/// Cuts a stream of bytes into lines without ever holding more than one line.
package struct LineSplitter: Sendable {
  /// A line of the input.
  package struct Line: Sendable, Equatable {
    /// The bytes of the line with its newline; empty where the line is too long to be kept.
    package let bytes: ArraySlice<UInt8>
    /// Where the line begins in the stream.
    package let offset: Int
    /// Bytes of the line with its newline.
    package let length: Int
    /// One-based.
    package let number: Int
    /// What tells one version of a document that the line names from another; nil for a line that
    /// says it all.
    package var version: UInt64?
    /// Line feeds that it has in the input.
    package var breaks = 1

    /// True when the line was too long to be kept.
    package var isOversized: Bool { bytes.isEmpty && length > 0 }
  }

  private let longest: Int
  private var held: [UInt8] = []
  /// Bytes of an oversized line that were let go.
  private var skipped = 0
  private var offset: Int
  private var number: Int

  /// - Parameters:
  ///   - longest: bytes of the longest line that is kept.
  ///   - offset: where in the stream the first bytes come from.
  ///   - number: one-based number of the first line.
  package init(longest: Int, offset: Int = 0, number: Int = 1) {
    self.longest = longest
    self.offset = offset
    self.number = number
  }

  /// Takes the next bytes of the stream and gives every line that they complete.
  package mutating func take(_ bytes: [UInt8], _ body: (Line) throws -> Void) rethrows {
    var rest = bytes[...]
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      try body(complete(with: rest[...newline]))
      rest = rest[(newline + 1)...]
    }
    hold(rest)
  }

  /// Passes over bytes without a newline, of a line that is too long to be kept.
  mutating func skip(_ count: Int) {
    skipped += held.count + count
    held = []
  }

  /// The last line, where the stream does not end with a newline.
  package mutating func finish() -> Line? {
    held.isEmpty && skipped == 0 ? nil : complete(with: [])
  }

  /// The lines of a piece of the input that are no blank ones; they share its bytes.
  package static func lines(of bytes: [UInt8], firstLine: Int) -> [Line] {
    var lines: [Line] = []
    var (start, number) = (0, firstLine)
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
      let line = bytes[start..<end]
      if !line.isBlankLine {
        lines.append(Line(bytes: line, offset: start, length: line.count, number: number))
      }
      (start, number) = (end, number + 1)
    }
    return lines
  }

  private mutating func complete(with end: ArraySlice<UInt8>) -> Line {
    let length = skipped + held.count + end.count
    var bytes = end
    if length > longest {
      bytes = []
    } else if !held.isEmpty {
      held += end
      bytes = held[...]
    }
    held = []
    defer {
      offset += length
      number += 1
      skipped = 0
    }
    return Line(bytes: bytes, offset: offset, length: length, number: number)
  }

  private mutating func hold(_ rest: ArraySlice<UInt8>) {
    if skipped > 0 || held.count + rest.count > longest {
      skipped += held.count + rest.count
      held = []
    } else {
      held += rest
    }
  }
}

extension ArraySlice<UInt8> {
  /// True for a line that holds nothing but white space; such a line is no job.
  var isBlankLine: Bool {
    allSatisfy { $0 == UInt8(ascii: " ") || (0x09...0x0D).contains($0) }
  }

  /// The line without its line break, and without the byte order mark that some editors put first.
  package var content: ArraySlice<UInt8> {
    var line = self
    if line.first == 0xEF, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
    return line.withoutLineBreak
  }

  /// The line without its line break.
  var withoutLineBreak: ArraySlice<UInt8> {
    var line = self
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return line
  }
}
