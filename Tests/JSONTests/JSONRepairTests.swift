import JSON
import Testing

@Suite struct `JSON that is nearly so` {
  @Test(arguments: [
    ("\u{FEFF}{\"a\":1}", #"{"a":1}"#), ("\u{FEFF}\u{FEFF}{\"a\":1}", #"{"a":1}"#),
    (#"{"a":NaN,"b":[Infinity,-Infinity]}"#, #"{"a":null,"b":[null,null]}"#),
    (#"{"a":"NaN"}"#, #"{"a":"NaN"}"#),
    ("{\"a\":\"x\ty\nz\u{0}\"}", #"{"a":"x\ty\nz\u0000"}"#),
    ("{\"a\":\n1}", "{\"a\":\n1}"),
    (#"{"a":"\"NaN\\"}"#, #"{"a":"\"NaN\\"}"#),
  ])
  func `is mended, and the rest stays`(_ text: String, _ mended: String) {
    #expect(String(decoding: JSONRepair.mended(Array(text.utf8)), as: UTF8.self) == mended)
  }

  @Test func `a character that was cut in two does not swallow what follows`() {
    let text = Array(#"{"a":"A"#.utf8) + [0xE6, 0x97] + Array(#""}"#.utf8)
    #expect(String(decoding: JSONRepair.mended(text), as: UTF8.self) == "{\"a\":\"A\u{FFFD}\"}")
  }

  @Test(arguments: [true, false], [true, false])
  func `UTF-16 is read with a mark and without`(_ isBigEndian: Bool, _ isMarked: Bool) {
    let units = (isMarked ? [0xFEFF] : []) + Array(#"{"a":"é"}"#.utf16)
    let text = units.flatMap { unit in
      let bytes = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
      return isBigEndian ? bytes : bytes.reversed()
    }
    #expect(String(decoding: JSONRepair.mended(text), as: UTF8.self) == #"{"a":"é"}"#)
    #expect(String(decoding: JSONRepair.mended(text + [0]), as: UTF8.self) == #"{"a":"é"}"#)
  }

  @Test func `what is no JSON stays none, however it ends`() {
    let text = Array(#"{"a":"\"#.utf8)
    for end in 0...text.count {
      #expect(throws: JSONError.self) {
        try JSONValue(parsing: JSONRepair.mended(Array(text[..<end])))
      }
    }
  }
}
