import JSON
import Secrets

/// The rule that ties the lines of an audit log together, as a pure value.
///
/// A line is `{"seq":N,"at":"…","event":"…",…,"prev":"P","hash":"H"}`, where P is the hash of the
/// line before (64 zeros in the first line), and H is the SHA-256, in hexadecimal, of the line's
/// bytes up to the quote that ends P, and a closing brace: the line as it was without its `hash`.
struct AuditChain: Hashable {
  /// Why a line does not continue the chain.
  struct Break: Error, Hashable {
    let why: String
  }

  private static let root = String(repeating: "0", count: digits)
  private static let digits = 64
  private static let hashStart = Array(#","hash":""#.utf8)
  private static let previousStart = Array(#","prev":""#.utf8)
  private static let lineEnd = Array(#""}"#.utf8)
  static let sequenceStart = Array(#"{"seq":"#.utf8)
  private static let timeStart = Array(#","at":""#.utf8)

  /// How many lines there are.
  private(set) var count = 0
  /// The hash of the last line.
  private(set) var head = root

  /// An empty log.
  init() {}

  /// The chain as its last line leaves it, which the lines before are taken to lead up to.
  init(endingIn line: ArraySlice<UInt8>) throws(Break) {
    let parts = try Parts(of: line)
    count = parts.sequence - 1
    head = String(decoding: parts.previous, as: UTF8.self)
    try accept(line)
  }

  /// The next line, with its line feed.
  mutating func append(_ entry: AuditEntry, at time: Int64) -> [UInt8] {
    count += 1
    var text = #"{"seq":\#(count),"at":"\#(Timestamp.text(time, withMilliseconds: true))""#
    text += #","event":"\#(entry.event.rawValue)""#
    for field in entry.fields { text += #","\#(field.name)":\#(Self.json(field.value))"# }
    text += #","prev":"\#(head)""#
    var line = Array(text.utf8)
    head = Self.hash(of: line[...])
    line += Self.hashStart + Array(head.utf8) + Self.lineEnd + [0x0A]
    return line
  }

  /// Takes the next line of a log that is read, without its line feed.
  ///
  /// - Returns: when it was written.
  @discardableResult
  mutating func accept(_ line: ArraySlice<UInt8>) throws(Break) -> ArraySlice<UInt8> {
    let parts = try Parts(of: line)
    guard parts.sequence == count + 1 else {
      throw Break(why: "it has the number \(parts.sequence) where \(count + 1) should follow")
    }
    guard parts.previous.elementsEqual(head.utf8) else {
      throw Break(why: "it does not follow the line before, which was changed or exchanged")
    }
    let hash = Self.hash(of: parts.covered)
    guard parts.hash.elementsEqual(hash.utf8) else {
      throw Break(why: "its hash does not match, so it was changed after it was written")
    }
    count += 1
    head = hash
    return parts.time
  }

  /// Whether a line can begin so that a crash cut short, or that a power cut left as zeros.
  static func mayBegin(_ line: [UInt8]) -> Bool {
    line.first == 0 || sequenceStart.starts(with: line.prefix(sequenceStart.count))
  }

  private static func hash(of covered: ArraySlice<UInt8>) -> String {
    var hash = SHA256()
    unsafe covered.withUnsafeBytes { unsafe hash.update($0) }
    unsafe [UInt8(ascii: "}")].withUnsafeBytes { unsafe hash.update($0) }
    return hash.finalize().hex
  }

  private static func json(_ value: AuditEntry.Value) -> String {
    switch value {
    case .number(let number): String(number)
    case .text(let text): jsonQuoted(text)
    }
  }

  /// The parts of a line that the chain is made of, found by their fixed places.
  private struct Parts {
    let sequence: Int
    let time: ArraySlice<UInt8>
    let covered: ArraySlice<UInt8>
    let previous: ArraySlice<UInt8>
    let hash: ArraySlice<UInt8>

    init(of line: ArraySlice<UInt8>) throws(Break) {
      let damaged = Break(why: "it is not a line of an audit log")
      var rest = line
      guard Self.cut(AuditChain.lineEnd, from: &rest) else { throw damaged }
      hash = rest.suffix(AuditChain.digits)
      rest = rest.dropLast(AuditChain.digits)
      guard Self.cut(AuditChain.hashStart, from: &rest) else { throw damaged }
      covered = rest
      guard rest.popLast() == UInt8(ascii: "\"") else { throw damaged }
      previous = rest.suffix(AuditChain.digits)
      rest = rest.dropLast(AuditChain.digits)
      guard Self.cut(AuditChain.previousStart, from: &rest),
        rest.starts(with: AuditChain.sequenceStart)
      else { throw damaged }
      rest = rest.dropFirst(AuditChain.sequenceStart.count)
      let number = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest.dropFirst(number.count)
      guard let sequence = Int(String(decoding: number, as: UTF8.self)), sequence < 1 << 60,
        rest.starts(with: AuditChain.timeStart)
      else { throw damaged }
      self.sequence = sequence
      time = rest.dropFirst(AuditChain.timeStart.count).prefix { $0 != UInt8(ascii: "\"") }
    }

    private static func cut(_ end: [UInt8], from line: inout ArraySlice<UInt8>) -> Bool {
      guard line.suffix(end.count).elementsEqual(end) else { return false }
      line = line.dropLast(end.count)
      return true
    }
  }
}
