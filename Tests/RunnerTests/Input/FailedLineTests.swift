import JSON
import Jobs
import Runner
import TestSupport
import Testing

@Suite struct `Failed line` {
  private static let refusal = Refusal(
    status: 400,
    code: "bad",
    message: "say \"please\"",
    requestID: "req_1"
  )
  private static let error =
    #""error":{"by":"nightjar","code":"bad","message":"say \"please\"","status":400,"request_id":"req_1"}"#

  @Test(arguments: [
    (#"{"id":"a","prompt":"p"}"# + "\r\n", #"{"id":"a","prompt":"p",\#(error)}"#),
    (#"{"error":{"by":"nightjar","code":"old"},"id":"a"}"#, #"{"id":"a",\#(error)}"#),
    (
      #"{ "custom_id" : "a", "params": { "x" : 1.50 } }"#,
      #"{"custom_id" : "a","params": { "x" : 1.50 },\#(error)}"#
    ),
    (#"{"id":"a","body":{"error":2}}"#, #"{"id":"a","body":{"error":2},\#(error)}"#),
    ("{}", "{\(error)}"),
  ])
  func `is the line with its error added`(_ line: String, _ expected: String) {
    #expect(failedLine(line) == expected)
  }

  @Test(arguments: [
    #"{"id":"a","err\u006fr":1}"#, #"{"id":"a","error":{"code":"E1","message":"boom"}}"#,
    #"{"id":"a","error":"NullPointerException"}"#,
  ])
  func `keeps the error that the line itself has, however often it fails`(line: String) throws {
    let own = try JSONValue(parsing: Array(line.utf8))["error"]?.source
    let once = failedLine(line)
    #expect(failedLine(once) == once)
    let value = try JSONValue(parsing: Array(once.utf8))
    #expect(value["error"]?["code"]?.string == "bad")
    #expect(value["error"]?["own"]?.source == own)
  }

  @Test func `can be run again as it is`() throws {
    let line = #"{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"input":"é"}}"#
    let again = Array(failedLine(failedLine(line)).utf8)[...]
    #expect(try parseLine(again).id == "a")
    #expect(
      try payload(of: again)
        == .native(path: "/v1/embeddings", body: Array(#"{"input":"é"}"#.utf8)[...])
    )
  }

  @Test(arguments: ["", "not json", #"{"id":"a""#, "[1]", "\"\u{1}\n"])
  func `of what is no object says where it stood`(_ line: String) throws {
    let value = try JSONValue(parsing: Array(failedLine(line).utf8))
    #expect(value["custom_id"]?.string == "line-12")
    #expect(value["error"]?["code"]?.string == "bad")
    #expect(value["raw"]?.string == line)
  }

  @Test func `of an unreadable line repeats no more than its beginning`() throws {
    let line = [UInt8](repeating: 0xFF, count: 30_000_000)
    let failed = InputLine.failedLine(line[...], number: 1, refusal: Self.refusal).bytes
    let value = try JSONValue(parsing: failed)
    #expect(value["raw"]?.string == String(repeating: "\u{FFFD}", count: 2_000))
    #expect(failed.count < 8_000)
  }

  @Test func `of any line is JSON that holds the error`() throws {
    var random = SeededGenerator(seed: 12)
    let bytes = Array(#"{"id":"a\u00e9","error":{"x":[1,2]},"prompt":"é漢"}"#.utf8)
    var objects = 0
    for _ in 0..<3_000 {
      var line = bytes
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        let place = Int.random(in: line.indices, using: &random)
        line[place] = UInt8.random(in: 0...255, using: &random)
      }
      let failed = InputLine.failedLine(line[...], number: 12, refusal: Self.refusal).bytes
      let value = try JSONValue(parsing: failed)
      #expect(value["error"]?["code"]?.string == "bad")
      if value["raw"] == nil { objects += 1 }
    }
    #expect(objects > 500)
  }

  @Test func `of a document without a text says the same however often it is run`() throws {
    let refusal = Refusal(status: nil, code: "empty_document", message: "docs/a.txt: is empty")
    let document = Array(#"{"id":"a.txt","path":"a.txt","name":"a.txt"}"#.utf8)
    var line = InputLine.failedLine(document[...], number: 1, refusal: refusal).bytes
    var messages: [String] = []
    for _ in 0..<3 {
      let error = try #require(throws: InputLineError.self) { try parseLine(line[...]) }
      let again = Refusal(status: nil, code: error.code, message: "in.jsonl:1: \(error.message)")
      messages.append(error.message)
      line = InputLine.failedLine(line[...], number: 1, refusal: again).bytes
    }
    #expect(Set(messages).count == 1 && messages[0].contains("run the folder again"), "\(messages)")
  }

  private func failedLine(_ line: String) -> String {
    let bytes = InputLine.failedLine(Array(line.utf8)[...], number: 12, refusal: Self.refusal).bytes
    return String(decoding: bytes, as: UTF8.self)
  }
}
