/// Reads a table byte by byte, as RFC 4180 has it; a pure value.
///
/// A field that begins with a quote goes on to the next quote that is not doubled, over separators
/// and line breaks. A quote within any other field stands for itself, and so does a carriage return
/// that no line feed follows.
struct RecordMachine: Sendable {
  /// What a byte completes.
  enum Event {
    case nothing
    case field
    /// The last field of a record, with its line break.
    case record
    /// The line in which something followed a closing quote.
    case brokenLine
  }

  private enum State {
    case fieldStart
    case plain
    case quoted
    /// Behind a quote within a quoted field: it ends there, or the quote is the first of two.
    case quote
    /// Behind a closing quote and a carriage return.
    case carriageReturn
    case broken
  }

  private let separator: UInt8
  private var state = State.fieldStart
  /// Whether a field that does not begin with a quote has one.
  private(set) var hasStrayQuote = false

  init(separator: UInt8) { self.separator = separator }

  /// Whether a quote is open.
  var isQuoted: Bool { state == .quoted }
  /// Whether something followed a closing quote.
  var isBroken: Bool { state == .broken }

  mutating func read(_ byte: UInt8) -> Event {
    switch state {
    case .quoted:
      if byte == UInt8(ascii: "\"") { state = .quote }
      return .nothing
    case .fieldStart where byte == UInt8(ascii: "\""):
      state = .quoted
      return .nothing
    case .fieldStart, .plain: return readPlain(byte)
    case .quote where byte == UInt8(ascii: "\""):
      state = .quoted
      return .nothing
    case .quote where byte == UInt8(ascii: "\r"):
      state = .carriageReturn
      return .nothing
    case .quote where byte == separator || byte == UInt8(ascii: "\n"): return readPlain(byte)
    case .carriageReturn where byte == UInt8(ascii: "\n"): return readPlain(byte)
    case .quote, .carriageReturn, .broken:
      state = byte == UInt8(ascii: "\n") ? .fieldStart : .broken
      return byte == UInt8(ascii: "\n") ? .brokenLine : .nothing
    }
  }

  private mutating func readPlain(_ byte: UInt8) -> Event {
    switch byte {
    case separator:
      state = .fieldStart
      return .field
    case UInt8(ascii: "\n"):
      state = .fieldStart
      return .record
    default:
      if byte == UInt8(ascii: "\"") { hasStrayQuote = true }
      state = .plain
      return .nothing
    }
  }
}
