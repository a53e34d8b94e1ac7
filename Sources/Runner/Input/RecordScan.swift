/// A record of a table as far as it has been read; a pure value.
struct RecordScan: Sendable {
  /// How a record ends.
  enum End {
    /// With a line break, or with the last byte that there is.
    case whole
    /// Something follows a closing quote in its last line.
    case broken
    /// With an open quote, where there is no more, or at the end of a line where it has too many
    /// fields already.
    case open
  }

  /// Where it begins in the bytes that are held.
  private(set) var start: Int
  /// One-based number of the line on which it begins.
  let line: Int
  /// Of the next byte to be read.
  private(set) var position: Int
  private(set) var fields = 0
  /// Line feeds so far.
  private(set) var breaks = 0
  /// Where the second line begins.
  private(set) var secondLine: Int?
  private let columns: Int
  private var machine: RecordMachine

  /// - Parameter columns: fields that it may have.
  init(at start: Int, line: Int, separator: UInt8, columns: Int = .max) {
    self.columns = columns
    self.start = start
    self.line = line
    position = start
    machine = RecordMachine(separator: separator)
  }

  /// Whether it looks like the end of a quoted field.
  var hasStrayQuote: Bool { machine.hasStrayQuote }

  /// Number of the line behind it.
  var nextLine: Int { line + breaks }

  /// Reads on.
  ///
  /// - Parameters:
  ///   - end: reads no further than this.
  ///   - isLast: whether there is nothing behind that.
  /// - Returns: nil where more has to be read.
  mutating func read(_ bytes: Span<UInt8>, to end: Int, isLast: Bool) -> End? {
    while position < end {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\n") {
        breaks += 1
        if secondLine == nil { secondLine = position }
      }
      switch machine.read(byte) {
      case .nothing where byte == UInt8(ascii: "\n") && fields >= columns: return .open
      case .nothing: continue
      case .field: fields += 1
      case .record:
        fields += 1
        return .whole
      case .brokenLine: return .broken
      }
    }
    guard isLast, position > start else { return nil }
    if machine.isQuoted { return .open }
    if machine.isBroken { return .broken }
    fields += 1
    return .whole
  }

  /// The first bytes that are held are let go.
  mutating func shift(by count: Int) {
    start -= count
    position -= count
    secondLine = secondLine.map { $0 - count }
  }
}
