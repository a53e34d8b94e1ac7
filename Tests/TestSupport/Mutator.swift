import Foundation

/// Damages texts as disks, editors and attackers do, the same way for the same seed.
package struct Mutator: RandomNumberGenerator {
  private var generator: SeededGenerator

  package init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  package mutating func next() -> UInt64 { generator.next() }

  /// The rounds of a test; `NIGHTJAR_SEEDS=10` makes ten times as many.
  package static func rounds(_ count: Int) -> Range<Int> {
    let factor = ProcessInfo.processInfo.environment["NIGHTJAR_SEEDS"].flatMap(Int.init) ?? 1
    return 0..<max(1, count * factor)
  }

  /// Any bytes, half of them such as formats are made of.
  package mutating func noise(atMost count: Int) -> [UInt8] {
    (0..<number(0...count)).flatMap { _ in number(0...1) == 0 ? [byte()] : token() }
  }

  /// A sample with some changes.
  ///
  /// - Parameters:
  ///   - sample: what to begin with.
  ///   - others: samples of which parts may be put in.
  ///   - changes: how many changes to make.
  package mutating func damaged(
    _ sample: [UInt8],
    with others: [[UInt8]] = [],
    changes: ClosedRange<Int> = 1...3
  ) -> [UInt8] {
    var bytes = sample
    for _ in 0..<number(changes) { damage(&bytes, others) }
    return bytes
  }

  /// A number of a range.
  package mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self)
  }

  /// One of some things; there must be one.
  package mutating func one<Item>(of items: [Item]) -> Item {
    items[number(0...items.count - 1)]
  }

  /// The places, sorted, at which a stream of some length is cut into pieces.
  package mutating func cuts(of length: Int, atMost count: Int) -> [Int] {
    (0..<number(0...count)).map { _ in number(0...length) }.sorted()
  }
}

// MARK: - Changes

extension Mutator {
  private mutating func damage(_ bytes: inout [UInt8], _ others: [[UInt8]]) {
    let place = number(0...bytes.count)
    let part = place..<min(bytes.count, place + length())
    switch number(0...13) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(number(0...7))
    case 1 where place < bytes.count: bytes[place] = byte()
    case 2: bytes.removeSubrange(part)
    case 3: bytes.removeSubrange(place...)
    case 4: bytes.insert(contentsOf: bytes[part], at: number(0...bytes.count))
    case 5: bytes.replaceSubrange(part, with: bytes[part].reversed())
    case 6: bytes.insert(contentsOf: (0..<length()).map { _ in byte() }, at: place)
    case 7: bytes.insert(contentsOf: Self.nested(&self), at: place)
    case 8: replaceNumber(in: &bytes, from: place)
    case 9: changeLineBreaks(of: &bytes)
    case 10, 11: splice(&bytes, at: part, others)
    case 12: bytes.replaceSubrange(part, with: token())
    default: bytes.insert(contentsOf: token(), at: place)
    }
  }

  /// Most changes are small.
  private mutating func length() -> Int { number(0...3) == 0 ? number(1...200) : number(1...6) }

  private mutating func byte() -> UInt8 { UInt8(number(0...255)) }

  private mutating func token() -> [UInt8] { one(of: Self.tokens) }

  /// Deeper than a reader that follows every level would like.
  private static func nested(_ mutator: inout Mutator) -> [UInt8] {
    let level = mutator.one(of: ["[", "{", #"{"a":"#, "- ", "{{#a}}", "((", "? ", "&a [", "{a: "])
    let depth = mutator.one(of: [3, 40, 600, 3_000])
    return Array(String(repeating: level, count: depth).utf8)
  }

  private mutating func replaceNumber(in bytes: inout [UInt8], from place: Int) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: Array(one(of: Self.numbers).utf8))
  }

  private mutating func changeLineBreaks(of bytes: inout [UInt8]) {
    let lineFeed = UInt8(ascii: "\n")
    switch number(0...2) {
    case 0: if bytes.last == lineFeed { bytes.removeLast() }
    case 1: bytes = bytes.flatMap { $0 == lineFeed ? [0x0D, $0] : [$0] }
    default: bytes = bytes.map { $0 == lineFeed ? 0x0D : $0 }
    }
  }

  private mutating func splice(
    _ bytes: inout [UInt8],
    at part: Range<Int>,
    _ others: [[UInt8]]
  ) {
    let other = others.isEmpty ? bytes : one(of: others)
    let start = number(0...other.count)
    let end = number(0...1) == 0 ? other.count : min(other.count, start + length())
    bytes.replaceSubrange(part, with: other[start..<end])
  }

  private static let numbers = [
    "-1", "00", "1e400", "0.1", "2147483648", "9223372036854775807", "-9223372036854775808",
    "18446744073709551616", "999999999999999999999999999999999999999999", "0x7f", "1_000", "NaN",
  ]

  /// What formats are made of, and bytes that are no text.
  private static let tokens: [[UInt8]] =
    [
      "{", "}", "[", "]", ",", ":", ": ", "\"", "'", "\\", "\\u0000", "\\ud800", "\\udc00", "\\u",
      "null", "true", "-", "- ", "&a ", "*a", "!!int ", "!!binary ", "<<: ", "---\n", "...\n",
      "| ", ">-\n", "? ", "%YAML 9.9\n", "# ", "{{", "}}", "{{{", "{{#", "{{/", "{{^", "{{=", "{{>",
      "=", "[profile ", ";", "\n", "\r\n", "\r", "\t", " ", "\n\n", "\u{FEFF}", "\u{2028}",
      "\u{85}", "é", "漢", "😀", "e\u{301}", "\u{1B}[31m", "\0", "\u{7F}", "-----BEGIN", "-> ",
      "--- ", "AGE-SECRET-KEY-1", "age1", "\"id\":", "\"value\":",
    ].map { Array($0.utf8) } + numbers.map { Array($0.utf8) } + [
      [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xE2],
      [0xEF, 0xBB, 0xBF], [0xFE, 0xFF], [0, 0, 0, 0],
    ]
}
