import Runner
import TestSupport

/// A file of good, blank and damaged lines, of which is known what each one is.
struct MixedInput {
  enum Kind {
    case good
    case blank
    case bad
  }

  struct Line {
    let kind: Kind
    let offset: Int
    /// The line without its break.
    let text: [UInt8]
  }

  let round: Int
  private(set) var bytes: [UInt8] = []
  private(set) var lines: [Line] = []

  /// - Parameter repeatsBadLines: whether one bad line may stand there twice.
  init(_ round: Int, _ mutator: inout Mutator, repeatsBadLines: Bool = true) {
    self.round = round
    var seen: Set<[UInt8]> = []
    for number in 0..<mutator.number(1...40) {
      switch mutator.number(0...9) {
      case 0: add(.blank, mutator.one(of: ["", " ", "\t  ", "\u{B}\u{C}"]), &mutator)
      case 1...4:
        let line = Self.badLine(number, &mutator)
        let text = String(decoding: line, as: UTF8.self)
        guard repeatsBadLines || seen.insert(Array(text.utf8)).inserted else { continue }
        add(.bad, line, &mutator)
      default: add(.good, Self.goodLine("\(round)-\(number)", &mutator), &mutator)
      }
    }
    add(.good, Self.goodLine("\(round)-last", &mutator), &mutator)
    if mutator.number(0...3) == 0 { bytes.removeLast() }
  }

  /// A line that had been good, or never was one, without a line feed.
  static func damagedLine(_ number: Int, _ mutator: inout Mutator) -> [UInt8] {
    let samples = shapes("bad-\(number)").map { Array($0.utf8) }
    let line =
      mutator.number(0...9) == 0
      ? mutator.noise(atMost: 40) : mutator.damaged(mutator.one(of: samples), with: samples)
    return line.filter { $0 != UInt8(ascii: "\n") }
  }

  /// A damaged line that is no job any more, and not blank.
  private static func badLine(_ number: Int, _ mutator: inout Mutator) -> [UInt8] {
    while true {
      var line = damagedLine(number, &mutator)[...]
      if line.last == 0x0D { line.removeLast() }
      let isBlank = line.allSatisfy { $0 <= 0x20 }
      if !isBlank, (try? InputLine.parse(line.dropMark.span)) == nil { return Array(line) }
    }
  }

  private static func goodLine(_ id: String, _ mutator: inout Mutator) -> [UInt8] {
    let line = mutator.one(of: shapes(id) + [#"{"prompt":"p","id":"\#(id)"}"#])
    return Array(mutator.number(0...9) == 0 ? "  \(line)\t ".utf8 : line.utf8)
  }

  private static func shapes(_ id: String) -> [String] {
    [
      #"{"custom_id":"\#(id)","method":"POST","url":"/v1/chat/completions","body":{"model":"m"}}"#,
      #"{"custom_id":"\#(id)","params":{"model":"m","max_tokens":9,"messages":[{"a":[1,{}]}]}}"#,
      #"{"id":"\#(id)","prompt":"caf\u00e9 😀 \"q\" 漢\u2028","max_tokens":12,"system":null}"#,
      #"  {"prompt" : "p", "x": [1.5e3, true, {"id":"no"}], "id" : "\#(id)", "model":"n" }"#,
    ]
  }

  private mutating func add(_ kind: Kind, _ text: String, _ mutator: inout Mutator) {
    add(kind, Array(text.utf8), &mutator)
  }

  private mutating func add(_ kind: Kind, _ text: [UInt8], _ mutator: inout Mutator) {
    lines.append(Line(kind: kind, offset: bytes.count, text: text))
    bytes += text
    if mutator.number(0...4) == 0 { bytes.append(0x0D) }
    bytes.append(UInt8(ascii: "\n"))
  }
}

extension ArraySlice<UInt8> {
  /// The line without the byte order mark that some editors put first.
  fileprivate var dropMark: ArraySlice<UInt8> {
    starts(with: [0xEF, 0xBB, 0xBF]) ? dropFirst(3) : self
  }
}
