/// Cuts a stream of bytes into the records of a table; a pure value.
///
/// What is wrong with one record costs no other. A record of several lines that comes to no good end,
/// as behind a quote that nobody closed, ends before the first of its lines at which a record of as
/// many fields as there are columns begins.
package struct RecordSplitter: Sendable {
  /// What is wrong with a record.
  package enum Fault: Sendable, Equatable {
    /// It has so many fields, and the table has another number of columns.
    case fields(Int)
    /// Something follows the closing quote of a field.
    case textBehindQuote
    /// A quote is not closed.
    case openQuote
  }

  /// A record of the table, or a blank line.
  package struct Record: Sendable, Equatable {
    /// With its line break; empty where the record is too long to be kept.
    package let bytes: ArraySlice<UInt8>
    /// Where it begins in the stream.
    package let offset: Int
    package let length: Int
    /// One-based number of the line on which it begins.
    package let line: Int
    /// Line feeds in it.
    package let breaks: Int
    package let fault: Fault?
  }

  /// A record of several lines that came to no good end.
  private struct Failed {
    var start: Int
    let line: Int
    /// Where it would end; nil where it goes on beyond what may be kept.
    var end: Int?
    let nextLine: Int
    let fault: Fault

    /// The first bytes that are held are let go.
    mutating func shift(by count: Int) {
      start -= count
      end = end.map { $0 - count }
    }
  }

  private let separator: UInt8
  private let columns: Int
  private let longest: Int
  private var held: [UInt8] = []
  /// Where in the stream the bytes begin that are held.
  private var offset: Int
  private var scan: RecordScan
  private var failed: Failed?
  /// Bytes of a line that is too long to be kept.
  private var skipped = 0

  /// - Parameters:
  ///   - columns: fields that a record must have, at least one.
  ///   - longest: bytes of the longest record that is kept.
  ///   - offset: where in the stream the first bytes come from.
  ///   - line: one-based number of the first line.
  package init(separator: UInt8, columns: Int, longest: Int, offset: Int = 0, line: Int = 1) {
    self.separator = separator
    self.columns = columns
    self.longest = longest
    self.offset = offset
    scan = RecordScan(at: 0, line: line, separator: separator, columns: columns)
  }

  /// Takes the next bytes of the stream and gives every record that they complete.
  package mutating func take(_ bytes: [UInt8], _ body: (Record) -> Void) {
    var bytes = bytes[...]
    if skipped > 0 {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
        skipped += bytes.count
        return
      }
      giveSkipped(with: end + 1, body)
      bytes = bytes[(end + 1)...]
    }
    held += bytes
    settle(isLast: false, body)
  }

  /// The last records, where the stream does not end with a line break.
  package mutating func finish(_ body: (Record) -> Void) {
    if skipped > 0 { giveSkipped(with: 0, body) }
    settle(isLast: true, body)
  }

  private mutating func settle(isLast: Bool, _ body: (Record) -> Void) {
    while skipped == 0 {
      let first = failed?.start ?? scan.start
      let limit = first + min(longest, held.count - first)
      let isAll = isLast && limit == held.count
      var reading = scan
      let end = reading.read(held.span, to: limit, isLast: isAll)
      scan = reading
      if let end {
        note(end, body)
      } else if failed != nil, isAll, scan.position == scan.start {
        giveUp(body)
      } else if limit < held.count {
        cut(body)
      } else {
        break
      }
    }
    let kept = failed?.start ?? scan.start
    held.removeFirst(min(kept, held.count))
    offset += kept
    scan.shift(by: kept)
    failed?.shift(by: kept)
  }

  private mutating func note(_ end: RecordScan.End, _ body: (Record) -> Void) {
    let range = scan.start..<scan.position
    let isBlank = failed == nil && scan.fields == 1 && held[range].isBlankLine
    let isTail = failed != nil && scan.hasStrayQuote
    if end == .whole, scan.fields == columns && !isTail || isBlank {
      if let failed {
        give(failed.start..<scan.start, failed.line, to: scan.line, .openQuote, body)
      }
      give(range, scan.line, to: scan.nextLine, nil, body)
      return restart(at: scan.position, line: scan.nextLine)
    }
    guard failed == nil else { return tryNextLine(body) }
    let fault: Fault = end == .whole ? .fields(scan.fields) : .openQuote
    guard let next = scan.secondLine, next < scan.position else {
      give(range, scan.line, to: scan.nextLine, end == .broken ? .textBehindQuote : fault, body)
      return restart(at: scan.position, line: scan.nextLine)
    }
    fail(at: scan.position, fault, next: next)
  }

  private mutating func fail(at end: Int?, _ fault: Fault, next: Int) {
    failed = Failed(
      start: scan.start,
      line: scan.line,
      end: end,
      nextLine: scan.nextLine,
      fault: fault
    )
    scan = RecordScan(at: next, line: scan.line + 1, separator: separator, columns: columns)
  }

  /// Looks whether a record begins at the next line of one that failed.
  private mutating func tryNextLine(_ body: (Record) -> Void) {
    guard let next = scan.secondLine, next < failed?.end ?? .max else { return giveUp(body) }
    scan = RecordScan(at: next, line: scan.line + 1, separator: separator, columns: columns)
  }

  /// None does: all of it is one.
  private mutating func giveUp(_ body: (Record) -> Void) {
    guard let failed else { return }
    let (end, line) = failed.end.map { ($0, failed.nextLine) } ?? (scan.start, scan.line)
    give(failed.start..<end, failed.line, to: line, failed.fault, body)
    restart(at: end, line: line)
  }

  /// A record goes on beyond what may be kept.
  private mutating func cut(_ body: (Record) -> Void) {
    guard failed == nil else { return tryNextLine(body) }
    if let next = scan.secondLine { return fail(at: nil, .openQuote, next: next) }
    let end = held[scan.position...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
    skipped = (end ?? held.count) - scan.start
    let line = scan.line
    offset += scan.start
    held.removeFirst(end ?? held.count)
    restart(at: 0, line: line)
    if end != nil { giveSkipped(with: 0, body) }
  }

  /// - Parameter count: bytes with which the long line ends.
  private mutating func giveSkipped(with count: Int, _ body: (Record) -> Void) {
    let length = skipped + count
    skipped = 0
    body(
      Record(bytes: [], offset: offset, length: length, line: scan.line, breaks: 1, fault: nil)
    )
    offset += length
    restart(at: 0, line: scan.line + 1)
  }

  private mutating func restart(at start: Int, line: Int) {
    failed = nil
    scan = RecordScan(at: start, line: line, separator: separator, columns: columns)
  }

  private func give(
    _ range: Range<Int>,
    _ line: Int,
    to nextLine: Int,
    _ fault: Fault?,
    _ body: (Record) -> Void
  ) {
    body(
      Record(
        bytes: held[range],
        offset: offset + range.lowerBound,
        length: range.count,
        line: line,
        breaks: nextLine - line,
        fault: fault
      )
    )
  }
}
