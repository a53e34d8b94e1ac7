extension Table {
  /// The rows of a piece of the input that are no blank ones.
  ///
  /// - Parameters:
  ///   - line: one-based number of the first line.
  ///   - row: that of the first row.
  func lines(of bytes: [UInt8], firstLine line: Int, firstRow row: Int) -> LoadedLines {
    var text: [UInt8] = []
    var places: [(range: Range<Int>, line: Int)] = []
    cut(bytes, firstLine: line, firstRow: row) { line in
      guard !line.bytes.isBlankLine else { return }
      places.append((text.count..<text.count + line.bytes.count, line.number))
      text += line.bytes
    }
    let lines = places.map { range, number in
      LineSplitter.Line(
        bytes: text[range],
        offset: range.lowerBound,
        length: range.count,
        number: number
      )
    }
    return LoadedLines(bytes: text, lines: lines, nextLine: line + bytes.lineBreaks)
  }

  /// The rows that the beginning of an input holds whole, also the blank ones.
  ///
  /// - Parameter isWhole: whether that is all of it.
  func lines(within head: [UInt8], isWhole: Bool) -> [LineSplitter.Line] {
    var splitter = splitter(line: firstLine)
    var rows = RowCount()
    var lines: [LineSplitter.Line] = []
    splitter.take(Array(head.dropFirst(start))) { lines.append(rows.line(of: $0, in: self)) }
    if isWhole { splitter.finish { lines.append(rows.line(of: $0, in: self)) } }
    return lines
  }

  private func cut(
    _ bytes: [UInt8],
    firstLine line: Int,
    firstRow row: Int,
    _ body: (LineSplitter.Line) -> Void
  ) {
    var splitter = splitter(line: line)
    var rows = RowCount(next: row)
    splitter.take(bytes) { body(rows.line(of: $0, in: self)) }
    splitter.finish { body(rows.line(of: $0, in: self)) }
  }
}

/// Numbers the rows of a table; a pure value.
struct RowCount: Sendable {
  /// One-based number of the next row that is not blank.
  var next = 1

  mutating func line(of record: RecordSplitter.Record, in table: Table) -> LineSplitter.Line {
    let line = table.line(of: record, row: next)
    if line.isOversized || !line.bytes.isBlankLine { next += 1 }
    return line
  }
}
