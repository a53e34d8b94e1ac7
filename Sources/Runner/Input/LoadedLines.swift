/// The lines of a segment that are jobs, as they are read again.
package struct LoadedLines: Sendable {
  /// What the lines are parts of.
  package let bytes: [UInt8]
  package let lines: [LineSplitter.Line]
  /// One-based number of the line behind the segment.
  package let nextLine: Int

  init(bytes: [UInt8], lines: [LineSplitter.Line], nextLine: Int) {
    self.bytes = bytes
    self.lines = lines
    self.nextLine = nextLine
  }

  /// The lines of JSON in a piece of the input; they share its bytes.
  package init(of bytes: [UInt8], firstLine: Int) {
    self.bytes = bytes
    lines = LineSplitter.lines(of: bytes, firstLine: firstLine)
    // A last line without a line break goes on where one is added.
    nextLine = firstLine + bytes.lineBreaks
  }
}

extension [UInt8] {
  var lineBreaks: Int { count { $0 == UInt8(ascii: "\n") } }
}
