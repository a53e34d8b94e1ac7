import Foundation
import Runner
import Testing

@Suite struct `A splitter of records` {
  private typealias Record = RecordSplitter.Record

  private func records(
    _ text: String,
    columns: Int = 2,
    by piece: Int = .max,
    longest: Int = .max
  ) -> [Record] {
    let bytes = Array(text.utf8)
    var splitter = RecordSplitter(
      separator: UInt8(ascii: ","),
      columns: columns,
      longest: longest,
      offset: 100,
      line: 7
    )
    var found: [Record] = []
    for start in stride(from: 0, to: bytes.count, by: min(piece, max(1, bytes.count))) {
      let end = min(start + min(piece, bytes.count), bytes.count)
      splitter.take(Array(bytes[start..<end])) { found.append($0) }
    }
    splitter.finish { found.append($0) }
    return found
  }

  private func texts(_ records: [Record]) -> [String] {
    records.map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test(arguments: [
    // RFC 4180, section 2.
    ("aaa,bbb\r\nzzz,yyy\r\n", ["aaa,bbb\r\n", "zzz,yyy\r\n"]), ("a,b\r\nz,y", ["a,b\r\n", "z,y"]),
    ("\"aaa\",\"bbb\"\r\nzzz,yyy", ["\"aaa\",\"bbb\"\r\n", "zzz,yyy"]),
    ("\"aaa\",\"b \r\nbb\"\r\nzzz,yyy", ["\"aaa\",\"b \r\nbb\"\r\n", "zzz,yyy"]),
    ("\"aaa\",\"b\"\"bb\"\r\n", ["\"aaa\",\"b\"\"bb\"\r\n"]), ("\"a,b\",c\n", ["\"a,b\",c\n"]),
    ("", []), ("\n", ["\n"]), (",\n,", [",\n", ","]),
    ("a,b\n\r\nc,d\n", ["a,b\n", "\r\n", "c,d\n"]),
    ("a\rb,c\n", ["a\rb,c\n"]), ("a \"b\" c,d\n", ["a \"b\" c,d\n"]),
    ("\"\",\"\"\"\"\n", ["\"\",\"\"\"\"\n"]), ("a,\u{0}\n", ["a,\u{0}\n"]),
  ])
  func `cuts behind each record and nowhere else`(_ text: String, _ expected: [String]) {
    let found = records(text)
    #expect(texts(found) == expected)
    #expect(found.allSatisfy { $0.fault == nil })
  }

  @Test(arguments: [
    "a,\"b\"\"c\r\nd\"\r\n\r\n1,2\n\"x\"y,z\n3,\"open\n4,5\n6\n", "\"\"\"\"\"\"\"", "a,\"\n\n\n",
    "\r\r\n\r",
    "1,\"two\nlines\",x\n3,4\n", "1,\"a\n2,\"b\n3,\"c\n4,d\n", "é,\u{2028}\n\"é\n\",\"\u{FEFF}\"",
  ])
  func `gives the same records wherever the stream is cut`(_ text: String) {
    let whole = records(text)
    #expect(whole.reduce(0) { $0 + $1.length } == text.utf8.count)
    for piece in 1...text.utf8.count { #expect(records(text, by: piece) == whole) }
    for longest in 1...text.utf8.count {
      let whole = records(text, longest: longest)
      #expect(whole.reduce(0) { $0 + $1.length } == text.utf8.count)
      #expect(whole.reduce(7) { $0 + $1.breaks } >= 7)
      for piece in 1...text.utf8.count {
        #expect(records(text, by: piece, longest: longest) == whole)
      }
    }
  }

  @Test func `says where each record begins, also behind one of several lines`() {
    let found = records("a,\"b\nc\nd\"\n\ne,f\n")
    #expect(found.map(\.line) == [7, 10, 11])
    #expect(found.map(\.offset) == [100, 110, 111])
    #expect(found.map(\.breaks) == [3, 1, 1])
  }

  @Test(arguments: [
    ("1\n2,b\n", ["1\n"], RecordSplitter.Fault.fields(1)),
    ("1,a,b\n2,b\n", ["1,a,b\n"], .fields(3)),
    ("1,\"a\"b\n2,b\n", ["1,\"a\"b\n"], .textBehindQuote),
    ("1,\"a\" \n2,b\n", ["1,\"a\" \n"], .textBehindQuote),
    ("1,\"open\n2,b\n", ["1,\"open\n"], .openQuote),
    ("1,\"open\n2,\"b\"\n", ["1,\"open\n"], .openQuote),
    ("1,\"open\n2,\"b\nc\"\n", ["1,\"open\n"], .openQuote),
    ("1,\"open", ["1,\"open"], .openQuote),
    ("1,\"two\nlines\",c\n2,b\n", ["1,\"two\nlines\",c\n"], .fields(3)),
    ("1,\"has \"inner\"\nquotes\nat its end\"\n2,b\n", ["1,\"has \"inner\"\n"], .textBehindQuote),
    ("1,\"one\nhas \"inner\" quotes\"\n2,b\n", ["1,\"one\nhas \"inner\" quotes\"\n"], .openQuote),
  ])
  func `a bad record costs no other`(
    _ text: String,
    _ bad: [String],
    _ fault: RecordSplitter.Fault
  ) {
    let found = records("0,before\n" + text + "9,behind\n")
    let faulty = found.filter { $0.fault != nil }
    #expect(texts(Array(faulty.prefix(1))) == bad || text == "1,\"open")
    #expect(faulty.first?.fault == fault)
    #expect(faulty.first?.line == 8)
    #expect(texts(found).last == "9,behind\n" || text == "1,\"open")
    if text.contains("\n2,") {
      #expect(found.contains { $0.fault == nil && $0.bytes.starts(with: Array("2,".utf8)) })
    }
  }

  @Test func `a quote that is never closed goes no further than the longest record`() {
    let rows = (0..<100).map { "\($0),row\n" }.joined()
    let found = records("x,\"open\n" + rows, longest: 64)
    #expect(found.count == 101)
    #expect(found[0].fault == .openQuote && found.dropFirst().allSatisfy { $0.fault == nil })
  }

  @Test func `quotes that open where others close are not read over and over`() {
    let lines = 20_000
    let found = records(String(repeating: "x\",\"z\n", count: lines) + "1,a\n")
    #expect(found.count > lines / 4 && texts(found).last == "1,a\n")
  }

  @Test func `lets a line go that is too long to be kept`() {
    let long = String(repeating: "x", count: 100) + ",b\n"
    for piece in [1, 10, 64, 1_000] {
      let found = records("1,a\n" + long + "2,b\n", by: piece, longest: 64)
      #expect(found.map(\.length) == [4, 103, 4] && found.map(\.line) == [7, 8, 9])
      #expect(found.map(\.bytes.isEmpty) == [false, true, false])
    }
  }

  @Test func `reads a field of 20 MB over many lines`() {
    let line = String(repeating: "word, ", count: 20) + "\"\"quoted\"\"\n"
    let field = "1,\"" + String(repeating: line, count: 160_000) + "\"\n"
    let found = records(field + "2,b\n", by: 1 << 20, longest: 64 << 20)
    #expect(found.count == 2 && found.allSatisfy { $0.fault == nil })
    #expect(found.map(\.line) == [7, 7 + 160_001])
  }
}
