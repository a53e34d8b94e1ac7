import JSON
import Testing

@Suite struct `JSON scanner` {
  @Test(arguments: [
    "{}", "[]", "0", "-0", "1.5e-3", "1E+9", "\"\"", "true", "false", "null", " \t\r\n[1 , 2]\n",
    #"{"a":{"b":[1,{"c":null}]}}"#, #""\u00e9\ud83d\ude00\/\b""#, #""\ud800""#, "\"é漢😀\"",
    "123456789012345678901234567890", #"{"a":1,"a":2}"#,
  ])
  func `accepts what RFC 8259 allows`(_ text: String) throws {
    let bytes = Array(text.utf8)
    let token = try scan(bytes)
    let source = token.source(in: bytes.span)
    #expect(text.contains(source))
    #expect(!source.isEmpty)
  }

  @Test(arguments: [
    ("", 1), (" ", 2), ("{", 2), ("{,}", 2), (#"{"a"}"#, 5), (#"{"a":}"#, 6), (#"{"a":1,}"#, 8),
    ("[1,]", 4), ("[1 2]", 4), ("01", 2), ("1.", 3), ("-", 2), ("1e", 3), ("+1", 1), (".5", 1),
    ("nul", 4), ("True", 1), ("NaN", 1), ("'a'", 1), (#""a"#, 3), (#""\x""#, 3), (#""\u12g4""#, 6),
    ("\"\n\"", 2), ("1 2", 3), ("// a", 1), ("\u{FEFF}1", 1), ("[\u{A0}1]", 2),
  ])
  func `refuses everything else and names the column`(_ text: String, _ column: Int) {
    let bytes = Array(text.utf8)
    let error = #expect(throws: JSONError.self) { try scan(bytes) }
    #expect(error.map { $0.offset + 1 } == column, "\(text)")
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE6, 0xBC],
      [0xFF],
    ] as [[UInt8]]
  )
  func `refuses strings that are not UTF-8`(_ content: [UInt8]) {
    for padding in 0..<9 {
      let quote = UInt8(ascii: "\"")
      let bytes = [quote] + [UInt8](repeating: 0x61, count: padding) + content + [quote]
      #expect(throws: JSONError.self) { try scan(bytes) }
    }
  }

  @Test func `finds a special byte at any place in a word`() throws {
    for length in 0..<40 {
      for (special, isEscape) in [("\"", false), ("\\n", true), ("é", false)] {
        let content = String(repeating: "a", count: length)
        let text = "\"" + content + (special == "\"" ? "" : special + "z") + "\""
        let bytes = Array(text.utf8)
        let token = try scan(bytes)
        let expected = special == "\"" ? content : content + (isEscape ? "\n" : special) + "z"
        let found = token.string(in: bytes.span)
        #expect(found == expected)
      }
      let control = Array("\"\(String(repeating: "a", count: length))\u{1F}\"".utf8)
      #expect(throws: JSONError.self) { try scan(control) }
    }
  }

  @Test func `nesting ends at the limit, not at the end of the stack`() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    let limit = JSONScanner.depthLimit
    #expect(throws: Never.self) { try scan(nested(limit)) }
    #expect(throws: JSONError.self) { try scan(nested(limit + 1)) }
    let flood = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(throws: JSONError.self) { try scan(flood) }
  }

  @Test func `members come in order with the ranges of their bytes`() throws {
    let found = try members(of: Array(#" {"a" : [1, 2] ,"b\u0062":"x"} "#.utf8))
    #expect(found.map(\.name) == ["a", "bb"])
    #expect(found.map(\.value) == ["[1, 2]", "\"x\""])
  }

  @Test(arguments: ["{", #"{"a":1"#, #"{"a":1 "b":2}"#, #"{"a":1} x"#, #"{"a":1,}"#, "{,}"])
  func `a walk over the members refuses what the validator refuses`(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(throws: JSONError.self) { try members(of: bytes) }
  }

  private func scan(_ bytes: [UInt8]) throws(JSONError) -> JSONToken {
    try JSONScanner.wholeValue(in: bytes.span)
  }

  private func members(of bytes: [UInt8]) throws(JSONError) -> [(name: String, value: String)] {
    let text = bytes.span
    guard var members = JSONMembers(ofWhole: text) else { return [] }
    var result: [(name: String, value: String)] = []
    while let member = try members.next(in: text) {
      let key = member.key
      result.append((key.string(in: text) ?? "", member.value.source(in: text)))
    }
    return result
  }
}
