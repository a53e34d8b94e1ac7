import Foundation
import JSON
import TestSupport
import Testing

/// Mutated texts, judged by Foundation's decoder and ours.
///
/// They agree on every text but for these, which the comparison leaves out: Foundation accepts a
/// comma before `]`, a byte order mark and, judging by NUL bytes, UTF-16; it refuses a surrogate
/// escape on its own and a number beyond the range of `Double`. Of a repeated name we find the first.
@Suite struct `JSON fuzz` {
  private static let corpus = [
    #"{"custom_id":"a-1","method":"POST","url":"/v1/chat/completions","body":{"m":[{"c":"hi"}]}}"#,
    #"{"id": 12, "prompt": "caf\u00e9 \ud83d\ude00 \"q\" \\ \/ 漢字 é", "t": [true,false,null]}"#,
    #"[0,-0,1.5,-2e10,3E-2,1e+5,[[]],[{}],{"a":{}},"",""]"#,
    #"  {"a" : "0123456789abcdefghijklmnopqrstuvwxyz" , "b":[ 1 , 2 ]}  "#,
    #""plain""#, "-12.5e3", "true",
  ]
  private static let spice = Array(#"{}[]",:\u0123eE+-.tfn é漢"#.utf8) + [0x80, 0xC3, 0xFF, 0x1F, 9]

  @Test func `agrees with Foundation on mutated texts`() throws {
    var random = SeededGenerator(seed: 20_261_123)
    var accepted = 0
    for round in 0..<8_000 {
      var bytes = Array(Self.corpus[round % Self.corpus.count].utf8)
      for _ in 0..<Int.random(in: 0...3, using: &random) { mutate(&bytes, &random) }
      let theirs = try? JSONDecoder().decode(Tree.self, from: Data(bytes))
      let ours = try? JSONValue(parsing: bytes)
      let text = String(decoding: bytes, as: UTF8.self)
      if ours == nil, text.contains(/,[ \t]*\]/) || bytes.contains(0) { continue }
      if theirs == nil, ours.map(isBeyondFoundation) == true { continue }
      #expect((ours != nil) == (theirs != nil), "\(text)")
      guard let ours, let theirs else { continue }
      accepted += 1
      #expect(agree(ours, theirs), "\(text)")
    }
    #expect(accepted > 2_000)
  }

  @Test func `reads any bytes to an end`() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<10_000 {
      let bytes = (0..<Int.random(in: 0...64, using: &random)).map { _ in
        Bool.random(using: &random)
          ? Self.spice.randomElement(using: &random) ?? 0
          : UInt8.random(in: 0...255, using: &random)
      }
      let value = try? JSONValue(parsing: bytes)
      _ = value?.members?.count
      _ = value?.elements?.map(\.string)
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let byte = Self.spice.randomElement(using: &random) ?? 0
    switch Int.random(in: 0..<4, using: &random) {
    case 0: bytes.insert(byte, at: place)
    case 1 where place < bytes.count: bytes.remove(at: place)
    case 2 where place < bytes.count: bytes[place] = byte
    default: bytes.removeSubrange(place..<min(bytes.count, place + 3))
    }
  }

  /// Whether a value holds a surrogate on its own or a number too large for `Double`.
  private func isBeyondFoundation(_ value: JSONValue) -> Bool {
    switch value.kind {
    case .string: value.string.map(hasReplacement) == true
    case .number: value.double == nil
    case .array: value.elements?.contains(where: isBeyondFoundation) == true
    case .object:
      value.members?.contains { hasReplacement($0.name) || isBeyondFoundation($0.value) }
        == true
    case .true, .false, .null: false
    }
  }

  private func hasReplacement(_ text: String) -> Bool {
    text.unicodeScalars.contains("\u{FFFD}")
  }

  /// Whether both readings have the same values in the same places.
  private func agree(_ ours: JSONValue, _ theirs: Tree) -> Bool {
    switch theirs {
    case .null: return ours.kind == .null
    case .bool(let value): return ours.kind == (value ? .true : .false)
    case .number(let value): return ours.double == value
    case .text(let value): return ours.string == value
    case .list(let values):
      guard let elements = ours.elements, elements.count == values.count else { return false }
      return zip(elements, values).allSatisfy { agree($0, $1) }
    case .object(let values):
      guard let members = ours.members, Set(members.map(\.name)) == Set(values.keys) else {
        return false
      }
      guard members.count == values.count else { return true }
      return members.allSatisfy { member in
        values[member.name].map { agree(member.value, $0) } ?? false
      }
    }
  }
}

/// Any JSON, as Foundation reads it.
private indirect enum Tree: Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case list([Tree])
  case object([String: Tree])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([Tree].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: Tree].self))
    }
  }
}
