import JSON
import Testing

@Suite struct `JSON values` {
  private func value(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
  }

  @Test(arguments: [
    (#""a\"b\\c\/d\b\f\n\r\t""#, "a\"b\\c/d\u{8}\u{C}\n\r\t"),
    (#""\u0041\u00e9\u6f22\ud83d\ude00""#, "Aé漢😀"),
    (#""x\ud83dy""#, "x\u{FFFD}y"), (#""\ud83d\t1234""#, "\u{FFFD}\t1234"),
    (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
    (#""\ud83d\u0041""#, "\u{FFFD}A"), ("\"漢😀\"", "漢😀"), (#""\u0000""#, "\u{0}"),
  ])
  func `strings are decoded`(_ text: String, _ expected: String) throws {
    #expect(try value(text).string == expected)
  }

  @Test(
    arguments: [
      ("0", 0), ("-7", -7), ("1e3", 1_000), ("2.0", 2), ("9223372036854775807", .max), ("1.5", nil),
      ("1e400", nil), ("9223372036854775808", nil), ("\"1\"", nil), ("true", nil),
    ] as [(String, Int?)]
  )
  func `integers are whole numbers that fit`(_ text: String, _ expected: Int?) throws {
    #expect(try value(text).integer == expected)
  }

  @Test func `a path leads to a value or to nil`() throws {
    let body = try value(#"{"error":{"code":"x","list":[1,"two",{}]},"none":null}"#)
    #expect(body["error"]?["code"]?.string == "x")
    #expect(body["error"]?["list"]?.elements?.map(\.source) == ["1", "\"two\"", "{}"])
    #expect(body["error"]?["code"]?["deeper"] == nil)
    #expect(body["none"] == nil)
    #expect(body["absent"] == nil)
    #expect(body.members?.map(\.name) == ["error", "none"])
    #expect(try value("[]").elements?.isEmpty == true)
    #expect(try value("1.25").double == 1.25)
  }

  @Test(arguments: ["", "plain", "q\"b\\n\n\r\t\u{8}\u{C}\u{0}\u{1F}\u{7F}", "é漢😀", "</script>"])
  func `what is written reads back the same`(_ text: String) throws {
    var bytes: [UInt8] = []
    bytes.appendJSON(text)
    #expect(try JSONValue(parsing: bytes).string == text)
  }

  @Test func `numbers and fragments are written as they are`() {
    var bytes: [UInt8] = []
    bytes.appendRaw("[")
    bytes.appendJSON(-42)
    bytes.appendRaw(",")
    bytes.appendJSON(0.5)
    bytes.appendRaw(",")
    bytes.appendJSON(Double.nan)
    bytes.appendRaw("]")
    #expect(String(decoding: bytes, as: UTF8.self) == "[-42,0.5,null]")
  }
}
