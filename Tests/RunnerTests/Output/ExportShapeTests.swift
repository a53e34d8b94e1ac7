import Foundation
import JSON
import Jobs
import Runner
import TestSupport
import Testing

@Suite struct `The shape of an export` {
  private func fields(_ names: String) throws -> [ExportField] {
    try names.split(separator: ",").map { try #require(ExportField(String($0)), "\($0)") }
  }

  private func written(
    _ line: String,
    _ names: String,
    as format: ExportFormat = .csv,
    input: String? = nil,
    joining columns: [String] = []
  ) throws -> String {
    let shape = ExportShape(
      format,
      try fields(names),
      joining: columns.map { ExportField(input: $0) }
    )
    let input = try input.map { try JSONValue(parsing: Array($0.utf8)) }
    let line = shape.line(of: OutputLine(Array(line.utf8)), input: input)
    return String(decoding: line.bytes, as: UTF8.self)
  }

  private func result(_ body: String, id: String = "a") -> String {
    #"{"id":"job_1","custom_id":"\#(id)","response":{"status_code":200,"request_id":null,"body":"#
      + body + #"},"error":null,"nightjar":{"attempts":2,"usage":{"input_tokens":3,"#
      + #""output_tokens":4},"cost_usd":0.00213,"finish":"stop"}}"#
  }

  @Test(arguments: [
    (
      #"{"content":[{"type":"thinking","thinking":"x"},{"type":"text","text":"Hi"},{"type":"text","text":"!"}]}"#,
      "Hi!"
    ),
    (#"{"choices":[{"message":{"content":"one"}},{"message":{"content":"two"}}]}"#, "one"),
    (#"{"choices":[{"message":{"content":[{"type":"text","text":"parts"}]}}]}"#, "parts"),
    (#"{"choices":[{"text":"old"}]}"#, "old"), (#"{"choices":[]}"#, ""), ("[1]", ""),
    (
      #"{"output":[{"type":"reasoning"},{"content":[{"type":"output_text","text":"said"}]}]}"#,
      "said"
    ),
    (#"{"data":[{"embedding":[1,2]}]}"#, ""),
  ])
  func `the text is what the answer says, whoever gave it`(_ body: String, _ text: String) throws {
    #expect(try written(result(body), "text") == text + "\r")
  }

  @Test func `a row has what is told of a result, and members of an answer that is JSON`() throws {
    let body =
      #"{"model":"m","content":[{"type":"text","text":"{\"name\":\"Ada\",\"tags\":[\"x\",{\"y\":1}]}"}]}"#
    let names =
      "id,model,finish,input_tokens,output_tokens,cost_usd,attempts,answer.name,answer.tags,"
      + "answer.tags.1.y,answer.none,body.content.0.type,error"
    #expect(
      try written(result(body), names)
        == #"a,m,stop,3,4,0.00213,2,Ada,"[""x"",{""y"":1}]",1,,text,"# + "\r"
    )
    #expect(
      try written(result(body), "id,attempts,answer.name,answer.none", as: .jsonl)
        == #"{"id":"a","attempts":2,"answer.name":"Ada","answer.none":null}"#
    )
    #expect(try written(result("{}"), "id,answer.name") == "a,\r")
  }

  @Test func `a failed job has its code and words`() throws {
    let line =
      #"{"id":7,"prompt":"p","error":{"by":"nightjar","code":"bad","message":"no, never"}}"#
    #expect(try written(line, "id,error,message") == "7,bad,\"no, never\"\r")
    #expect(try written(line, "id,error", as: .tsv) == "7\tbad")
  }

  @Test func `the input stands before the answer, and a name that both have is told apart`() throws
  {
    let input = #"{"nightjar":"row","id":"k","text":"a\nb","model":null}"#
    let row = try written(
      result(#"{"content":"c"}"#, id: "k"),
      "id,text,finish",
      input: input,
      joining: ["id", "text", "model"]
    )
    #expect(row == "k,\"a\nb\",,k,c,stop\r")
    let named = try written(
      result(#"{"content":"c"}"#),
      "id,input.text,input.nothing",
      input: input
    )
    #expect(named == "a,\"a\nb\",\r")
  }

  @Test func `texts are parted by the ids of their jobs`() throws {
    #expect(try written(result(#"{"content":"Hi\n"}"#), "id", as: .text) == "==> a <==\nHi\n\n")
  }

  @Test func `a name is put before as often as it is taken`() throws {
    let input = #"{"text":"mine","nightjar_text":"too"}"#
    let row = try written(
      result(#"{"content":"c"}"#),
      "text",
      as: .jsonl,
      input: input,
      joining: ["text", "nightjar_text"]
    )
    #expect(row == #"{"text":"mine","nightjar_text":"too","nightjar_nightjar_text":"c"}"#)
  }

  @Test func `an id cannot look like the line before another answer`() throws {
    let text = try written(result(#"{"content":"Hi"}"#, id: #"a <==\n==> b"#), "id", as: .text)
    #expect(text == "==> a <==\\n==> b <==\nHi\n", "\(text)")
  }

  @Test func `a name that means nothing is no field`() {
    for name in ["", "txt", "answer", "answer.", "input", ".id", "id."] {
      #expect(ExportField(name) == nil, "\(name)")
    }
  }

  @Test func `what is written is read again as it was, whatever it holds`() throws {
    let alphabet = Array("a,;\t\"\n\r \u{0}é'=".unicodeScalars).map(Character.init)
    var random = SeededGenerator(seed: 5)
    for format in [ExportFormat.csv, .tsv] {
      let table = Table(
        names: ["a", "b"],
        fields: ["a", "b"],
        separator: UInt8(ascii: format == .csv ? "," : "\t"),
        start: 0,
        firstLine: 1,
        numbersRows: false
      )
      for _ in 0..<500 {
        let cells = (0..<2).map { _ in
          String(
            (0..<Int.random(in: 0...8, using: &random)).map { _ in
              alphabet.randomElement(using: &random) ?? "x"
            }
          )
        }
        var line: [UInt8] = Array(#"{"custom_id":"x","nightjar":{"account":"#.utf8)
        line.appendJSON(cells[0])
        line.appendRaw(#","endpoint":"#)
        line.appendJSON(cells[1])
        line.appendRaw("}}")
        let shape = ExportShape(format, try fields("account,endpoint"))
        let row = shape.line(of: OutputLine(line), input: nil).bytes + [UInt8(ascii: "\n")]
        var splitter = table.splitter()
        var read: [[String]] = []
        let take = { (record: RecordSplitter.Record) in
          read.append(table.cells(of: record.bytes).map { String(decoding: $0, as: UTF8.self) })
        }
        splitter.take(row, take)
        splitter.finish(take)
        #expect(read == [cells])
      }
    }
  }
}
