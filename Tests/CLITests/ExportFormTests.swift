import Foundation
import TestSupport
import Testing

/// Results as tables: what a spreadsheet, or another program's reader of CSV, makes of them.
struct ExportFormTests {
  private let folder: Scratch
  private let provider: Provider

  init() throws {
    folder = try Scratch()
    provider = try Provider(in: folder)
  }

  private func run(_ input: String, _ flags: [String] = []) throws {
    let run = ["run", input, "-o", "out.jsonl"] + provider.flags() + flags
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0 || ending.status == 1, "\(ending.errors)")
  }

  /// The rows of a table, by Python's reader of CSV.
  private func rows(_ name: String) throws -> [[String]] {
    let script = """
      import csv, json, sys
      print(json.dumps(list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8")))))
      """
    let python = try #require(Tool.find("python3"))
    let ending = try Program(["-c", script, name], in: folder, executable: python).ending()
    return try JSONDecoder().decode([[String]].self, from: Data(ending.output.utf8))
  }

  private func export(_ arguments: [String], status: Int32 = 0) throws -> Program.Ending {
    let ending = try folder.nightjar(["export", "out.jsonl"] + arguments)
    #expect(ending.status == status, "\(ending.errors)")
    return ending
  }

  @Test func `a table of the results has a row for each, and joins the input in its order`() throws
  {
    let notes = ["plain", "a \"quoted\", b", "two\r\nlines", "", "=1+1"]
    let table = notes.enumerated().map { number, note in
      "\(number),\"\(note.replacingOccurrences(of: "\"", with: "\"\""))\",Prompt \(number)\r\n"
    }
    try folder.write("in.csv", "id,A note,prompt\r\n" + table.joined())
    try run("in.csv")
    _ = try export(["-o", "all.csv"])
    let all = try rows("all.csv")
    #expect(
      all[0] == ["id", "text", "finish", "model", "input_tokens", "output_tokens", "cost_usd"]
    )
    #expect(all.dropFirst().map { $0[0] }.sorted() == ["0", "1", "2", "3", "4"])
    _ = try export(["-o", "joined.csv", "--join", "--fields", "id,text"])
    let joined = try rows("joined.csv")
    #expect(joined[0] == ["id", "A note", "prompt", "text"])
    #expect(joined.dropFirst().map { $0[1] } == notes)
    for (number, row) in joined.dropFirst().enumerated() {
      #expect(row[3].hasPrefix("Rehearsal \(promptHash("Prompt \(number)")) "), "\(row)")
    }
    let again = try folder.nightjar(["run", "joined.csv", "-o", "again.jsonl"] + provider.flags())
    #expect(again.status == 0, "\(again.errors)")
    try folder.expectResults(0..<5, in: "again.jsonl")
  }

  @Test func `lines and pipes are joined as well, and failed jobs are a table too`() throws {
    let lines = "{\"id\":\"a\",\"prompt\":\"Prompt 1\"}\n{\"id\":\"b\"}\n"
    let run = ["run", "-", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run, input: lines).status == 1)
    let joined = try export(["-o", "-", "--format", "tsv", "--join", "--fields", "id,finish"])
    #expect(joined.output == "id\tprompt\tfinish\na\tPrompt 1\tlength\n", "\(joined.output)")
    let failed = try export(["-o", "-", "--format", "csv", "--failed"])
    #expect(failed.output.hasPrefix("id,error,message\r\nb,"), "\(failed.output)")
    let object = try export(["-o", "-", "--fields", "id,input.prompt"])
    #expect(object.output == #"{"id":"a","input.prompt":"Prompt 1"}"# + "\n")
    let text = try export(["-o", "-", "--format", "text"])
    #expect(text.output.hasPrefix("==> a <==\nRehearsal "), "\(text.output)")
  }

  @Test func `an input that was changed is not put beside other answers`() throws {
    try folder.write("in.jsonl", prompts(0..<3))
    try run("in.jsonl")
    try folder.write("in.jsonl", prompts(1..<4))
    let ending = try export(["-o", "joined.csv", "--join"], status: 65)
    #expect(ending.errors.contains("cannot stand beside the answers"), "\(ending.errors)")
    #expect(!folder.exists("joined.csv"))
    try folder.write("other.csv", "mine")
    _ = try export(["-o", "other.csv"], status: 73)
    #expect(folder.read("other.csv") == "mine")
    _ = try export(["-o", "in.jsonl", "--format", "csv", "--force"], status: 73)
    #expect(folder.read("in.jsonl") == prompts(1..<4))
  }

  @Test(arguments: [
    (["--fields", "id,txt"], "did you mean `text`?"),
    (["--format", "xlsx"], "jsonl, csv, tsv or text"),
    (["--format", "text", "--join"], "nothing else"),
  ])
  func `a form that there is not is refused`(_ flags: [String], _ words: String) throws {
    try folder.write("in.jsonl", prompts(0..<1))
    try run("in.jsonl")
    let ending = try export(["-o", "x"] + flags, status: 64)
    #expect(ending.errors.contains(words), "\(ending.errors)")
    #expect(!folder.exists("x"))
  }
}
