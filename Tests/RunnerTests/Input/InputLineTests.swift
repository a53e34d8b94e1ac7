import Runner
import Testing

@Suite struct `Input line` {
  @Test(arguments: [
    #"{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"model":"m"}}"#,
    #" { "body" : {"model":"m"} , "error":{"code":"x"}, "url":"/v1/responses","method":"POST","#
      + #""custom_id":"\u0061"} "# + "\r\n",
  ])
  func `an OpenAI batch line keeps the bytes of its body`(_ text: String) throws {
    let line = Array(text.utf8)[...]
    let parsed = try parseLine(line)
    #expect(parsed.id == "a")
    #expect(
      try payload(of: line)
        == .native(path: "/v1/responses", body: Array(#"{"model":"m"}"#.utf8)[...])
    )
  }

  @Test func `an Anthropic batch line keeps the bytes of its params`() throws {
    let line = Array(#"xx{"custom_id":"a","params":{"model": "m" }}"#.utf8).dropFirst(2)
    #expect(
      try payload(of: line)
        == .native(path: nil, body: Array(#"{"model": "m" }"#.utf8)[...])
    )
  }

  @Test(arguments: [
    (#"{"id":"a","prompt":"p"}"#, "a"), (#"{"prompt":"p","id":12}"#, "12"),
    (#"{"id":-3,"body":"a field","url":1}"#, "-3"), (#"{"id":"é 漢"}"#, "é 漢"),
  ])
  func `a plain line has an id of text or digits`(_ text: String, _ id: String) throws {
    let parsed = try parseLine(Array(text.utf8)[...])
    #expect(parsed.id == id)
    #expect(parsed.isPrompt)
  }

  @Test(arguments: [
    ("", "not JSON: the text ends where a value is due at column 1"),
    (#"{"id":"a""#, "not JSON: a comma or } is due at column 10"),
    ("[1]", "is JSON, but not an object"),
    (#"{"id":"a"} {}"#, "not JSON: there is more after the value at column 12"),
    (#"{"id":"","prompt":"p"}"#, "id is empty"),
    (#"{"id":1.5,"prompt":"p"}"#, "id is a number but not an integer"),
    (#"{"id":true}"#, "id is not a string"), (#"{"id":"a","id":"b"}"#, "has id twice"),
    (#"{"custom_id":1,"params":{}}"#, "custom_id is not a string"),
    (#"{"custom_id":"a","params":[]}"#, "params is not an object"),
    (#"{"custom_id":"a","params":{},"body":{}}"#, "has both body and params"),
    (#"{"custom_id":"a","body":"b"}"#, "body is not an object"),
    (#"{"custom_id":"a","body":{}}"#, "has a body but no method"),
    (#"{"custom_id":"a","method":"GET","body":{}}"#, #"method is not "POST""#),
    (#"{"custom_id":"a","method":"POST","body":{}}"#, "has a body but no url"),
    (#"{"custom_id":"a","method":"POST","url":1,"body":{}}"#, "url is not a string"),
    (
      #"{"custom_id":"a","prompt":"p"}"#,
      "has a custom_id but neither body and url (OpenAI) nor params (Anthropic)"
    ),
  ])
  func `says what is wrong with a line`(_ text: String, _ message: String) {
    let error = #expect(throws: InputLineError.self) { try parseLine(Array(text.utf8)[...]) }
    #expect(error?.message == message)
  }

  @Test(arguments: [
    (#"{"task_id":"HumanEval/0","prompt":"p"}"#, "HumanEval/0"),
    (#"{"id":"other","task_id":7,"prompt":"p"}"#, "7"), (#"{"id":"own","prompt":"p"}"#, "own"),
    (#"{"custom_id":"c","params":{},"task_id":1}"#, "c"),
  ])
  func `another member may be the id`(_ text: String, _ id: String) throws {
    let line = try parseLine(Array(text.utf8)[...], idField: "task_id")
    #expect(line.id == id && !line.isUnnamed)
    #expect(!line.others.contains("task_id"))
  }

  @Test func `a line without an id gets the same one whenever it is read`() throws {
    let lines = [#"{"prompt":"a"}"#, #"{"prompt":"b"}"#, "{}"].map { Array($0.utf8) }
    let found = try lines.map { line in try parseLine(line[...]) }
    #expect(found.allSatisfy { $0.isUnnamed && $0.id.hasPrefix("content-") })
    #expect(Set(found.map(\.id)).count == 3)
    #expect(try parseLine(lines[0][...]) == found[0])
    let wrong = Array(#"{"task_id":true,"prompt":"a"}"#.utf8)
    let error = #expect(throws: InputLineError.self) {
      try parseLine(wrong[...], idField: "task_id")
    }
    #expect(error?.message == "task_id is not a string")
  }

  @Test func `refuses a line that is not UTF-8 and an id that is too long`() {
    let line = Array(#"{"id":"a","prompt":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
    let error = #expect(throws: InputLineError.self) { try parseLine(line[...]) }
    #expect(error?.message == "not JSON: a byte is not UTF-8 at column 21")
    #expect(throws: Never.self) { try parseLine(plain(id: String(repeating: "i", count: 512))) }
    #expect(throws: InputLineError.self) {
      try parseLine(plain(id: String(repeating: "i", count: 513)))
    }
  }

  @Test(arguments: [
    #"{"id":"a","prompt":"p","model":"M"}"#, #"{"custom_id":"a","params":{"model":"M"}}"#,
    #"{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"model":"M"}}"#,
  ])
  func `refuses a model whose name is too long`(_ text: String) {
    func line(_ count: Int) -> ArraySlice<UInt8> {
      Array(text.replacing("M", with: String(repeating: "m", count: count)).utf8)[...]
    }
    #expect(throws: Never.self) { try parseLine(line(512)) }
    let error = #expect(throws: InputLineError.self) { try parseLine(line(513)) }
    #expect(error?.message == "model is longer than 512 bytes")
  }

  @Test func `an error names the job as soon as its id is known`() {
    let line = Array(#"{"body":1,"custom_id":"a"}"#.utf8)[...]
    let error = #expect(throws: InputLineError.self) { try parseLine(line) }
    #expect(error?.id == "a")
  }

  private func plain(id: String) -> ArraySlice<UInt8> {
    Array("{\"id\":\"\(id)\"}".utf8)[...]
  }
}

/// A slice parses by offsets from its own first byte.
func parseLine(
  _ line: ArraySlice<UInt8>,
  idField: String? = nil
) throws(InputLineError) -> InputLine {
  try InputLine.parse(line.span, idField: idField)
}

/// What a line asks for, as a run reads it.
func payload(
  of line: ArraySlice<UInt8>,
  _ settings: PromptSettings = PromptSettings()
) throws(InputLineError) -> Payload {
  let parsed = try parseLine(line)
  let shape = try settings.shape(of: parsed, in: line.span)
  return try settings.payload(of: parsed.shape, in: line, shape)
}
