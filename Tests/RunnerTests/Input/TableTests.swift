import Foundation
import JSON
import Runner
import Testing

@Suite struct `A table` {
  private func table(
    _ head: String,
    _ separators: String = ",;\t|",
    idField: String? = nil,
    numbersRows: Bool = true
  ) throws -> Table? {
    try Table(
      head: Array(head.utf8),
      isWhole: true,
      separators: Array(separators.utf8),
      idField: idField,
      numbersRows: numbersRows
    )
  }

  /// The lines that rows make, without the blank ones.
  private func lines(_ text: String, numbersRows: Bool = true) throws -> [String] {
    let table = try #require(try table(text, numbersRows: numbersRows))
    var splitter = table.splitter(line: table.firstLine)
    var lines: [String] = []
    var row = 1
    func add(_ record: RecordSplitter.Record) {
      let line = String(decoding: table.line(of: record, row: row).bytes, as: UTF8.self)
      guard line != "\n" else { return }
      lines.append(line)
      row += 1
    }
    splitter.take(Array(text.utf8.dropFirst(table.start)), add)
    splitter.finish(add)
    return lines
  }

  @Test(arguments: [
    ("id,prompt\n", ["id", "prompt"], ","), ("id;prompt,x;y\n", ["id", "prompt,x", "y"], ";"),
    ("\u{FEFF}id\tprompt\r\n", ["id", "prompt"], "\t"), ("a|b|c\n", ["a", "b", "c"], "|"),
    ("\"a;b\";\"c\"\"d\"\n", ["a;b", "c\"d"], ";"), ("prompt", ["prompt"], ","),
    ("\r\n\nid , prompt\n", ["id", "prompt"], ","),
    ("\"two\nlines\",b\n", ["two\nlines", "b"], ","),
  ])
  func `tells its columns and what parts them from its first line`(
    _ head: String,
    _ names: [String],
    _ separator: String
  ) throws {
    let table = try #require(try table(head))
    #expect(table.names == names)
    #expect(table.separator == separator.utf8.first)
    #expect(table.start == head.utf8.count)
    #expect(table.firstLine == 1 + head.utf8.count { $0 == UInt8(ascii: "\n") })
  }

  @Test(arguments: [
    ("id,,prompt\n", "column 2 of the table has no name"),
    ("id,a,a\n", "two columns `a`"),
    ("id,\"prompt\n", "quote that is not closed"), ("id,\"a\"b\n", "quote that is not closed"),
    ("nightjar,prompt\n", "uses itself"), ("{\"id\":1,\"prompt\":\"p\"}\n", "as lines of JSON do"),
  ])
  func `a first line that names no columns is refused`(_ head: String, _ words: String) throws {
    let error = #expect(throws: (any Error).self) { try table(head) }
    #expect("\(String(describing: error))".contains(words), "\(String(describing: error))")
  }

  @Test func `columns that would be alike in a template are told apart by a number`() throws {
    let table = try #require(try table("a b,a_b,a\tb,名前,年齢\n", ","))
    #expect(table.fields == ["a_b_2", "a_b", "a_b_3", "__", "___2"])
    #expect(table.names == ["a b", "a_b", "a\tb", "名前", "年齢"])
  }

  @Test func `the id has to be one of its columns`() throws {
    #expect(try table("key,prompt\n", idField: "key") != nil)
    let error = #expect(throws: (any Error).self) { try table("key,prompt\n", idField: "kee") }
    #expect("\(String(describing: error))".contains("did you mean `key`?"))
  }

  @Test func `blank lines name no columns, and more is read where there is no end yet`() throws {
    #expect(try table("\n\r\n") == nil)
    #expect(try Table(head: Array("id,pro".utf8), isWhole: false, separators: [0x2C]) == nil)
  }

  @Test func `rows become lines whose fields are the columns`() throws {
    let text =
      "id,Customer Name,max_tokens,system,params\r\n"
      + "1,\"A \"\"B\"\", C\r\nD\", 64 ,,\"{\"\"temperature\"\":\r\n 1.0}\"\r\n"
      + "2,,many,s,\n"
    #expect(
      try lines(text) == [
        #"{"nightjar":"row","id":"1","Customer_Name":"A \"B\", C\r\nD","max_tokens":64,"#
          + #""system":null,"params":{"temperature":   1.0}}"# + "\n",
        #"{"nightjar":"row","id":"2","Customer_Name":"","max_tokens":"many","system":"s","#
          + #""params":null}"# + "\n",
      ]
    )
  }

  @Test(arguments: [
    ("a.pdf", #""a.pdf""#), (#""[""a.pdf"",""b.png""]""#, #"["a.pdf","b.png"]"#), ("", "null"),
    ("7", #""7""#),
  ])
  func `a cell of files is one path or a list`(_ cell: String, _ json: String) throws {
    let line = #"{"nightjar":"row","id":"1","files":"# + json + "}\n"
    #expect(try lines("id,files\n1,\(cell)\n") == [line])
  }

  @Test func `a row has its number for an id where no column holds one`() throws {
    let text = "text\none\n\n\"\"\ntwo\n"
    #expect(
      try lines(text) == [
        #"{"nightjar":"row","id":1,"text":"one"}"# + "\n",
        #"{"nightjar":"row","id":2,"text":"two"}"# + "\n",
      ]
    )
    #expect(try lines(text, numbersRows: false)[0] == #"{"nightjar":"row","text":"one"}"# + "\n")
    #expect(try lines("custom_id,text\na,b\n")[0].contains(#""row","custom_id":"a""#))
  }

  @Test func `the line of a row is a plain one whatever its columns are called`() throws {
    let text = "custom_id,body,url,method,prompt,reference\na,b,c,d,e,f\n"
    let line = try #require(try lines(text).first)
    let found = try InputLine.parse(Array(line.utf8.dropLast()).span)
    #expect(found.id == "a" && found.isPrompt && found.others.isEmpty && !found.isUnnamed)
    let named = try InputLine.parse(Array(line.utf8.dropLast()).span, idField: "url")
    #expect(named.id == "c")
  }

  @Test func `a bad row makes a line that is no job and says why`() throws {
    let line = try #require(try lines("id,prompt\n1,{},x\n").first)
    let error = #expect(throws: InputLineError.self) {
      try InputLine.parse(Array(line.utf8.dropLast()).span)
    }
    #expect(error?.code == "malformed_row" && error?.id == "line-2")
    #expect(error?.message.hasPrefix("has 3 fields, and the table has 2 columns") == true)
    #expect(try JSONValue(parsing: Array(line.utf8.dropLast()))["raw"]?.string == "1,{},x")
  }
}
