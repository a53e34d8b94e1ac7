import Foundation
import Testing

/// Inputs that are no lines of JSON: said at once, with the command that makes some, and without a
/// trace.
struct ForeignInputTests {
  @Test(arguments: [
    ["run", "t.txt", "-o", "out.jsonl"], ["run", "t.txt", "-o", "out.jsonl", "--dry-run"],
    ["run", "t.txt", "-o", "out.jsonl", "--strict"], ["estimate", "t.txt"],
    ["enqueue", "t.txt", "--queue", "q"],
  ])
  func `a table that nobody says is one is refused with what says so`(_ command: [String]) throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("t.txt", "id,prompt\n1,\"Hello, you\"\n2,Bye\n")
    let flags = command[0] == "enqueue" ? [] : provider.flags()
    let ending = try folder.nightjar(command + flags)
    #expect(ending.status == 66, "\(ending.errors)")
    #expect(ending.errors.contains("the input is CSV, not lines of JSON"), "\(ending.errors)")
    #expect(provider.requests.isEmpty)
    #expect(ending.errors.contains("add --input-format csv, or give it a name"), "\(ending.errors)")
    for name in ["out.jsonl", "out.failed.jsonl", "out.jsonl.nightjar", "q"] {
      #expect(!folder.exists(name))
    }
  }

  @Test func `a pipe is looked at before anything is made and then read from its start`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let run = ["run", "-", "-o", "out.jsonl"] + provider.flags()
    let array = try folder.nightjar(run, input: "[\(prompts(0..<1))]")
    #expect(array.status == 66, "\(array.errors)")
    #expect(array.errors.contains("put `jq -c '.[]'` before nightjar"), "\(array.errors)")
    #expect(!folder.exists("out.jsonl.nightjar") && !folder.exists("out.failed.jsonl"))
    let lines = try folder.nightjar(run, input: prompts(0..<2_000))
    #expect(lines.status == 0, "\(lines.errors)")
    try folder.expectResults(0..<2_000)
  }

  @Test func `a pipe whose lines miss a setting is refused before anything is made`() throws {
    let folder = try Scratch()
    let lines = #"{"id":"a","prompt":"p"}"# + "\n" + #"{"id":"b","prompt":"q"}"# + "\n"
    let run = ["run", "-", "-o", "out.jsonl", "--provider", "openai", "--key", "env:REHEARSAL"]
    let ending = try folder.nightjar(run, input: lines)
    #expect(ending.status == 64 && ending.errors.contains("--model"), "\(ending.errors)")
    #expect(!folder.exists("out.jsonl.nightjar") && !folder.exists("out.failed.jsonl"))
  }

  @Test func `a batch of which nothing was sent takes another input`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("wrong.jsonl", "{\"id\":\"a\"}\n{broken}\n")
    try folder.write("in.jsonl", prompts(0..<3))
    let wrong = ["run", "wrong.jsonl", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(wrong).status == 1)
    #expect(try folder.failures().count == 2)
    let right = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    let ending = try folder.nightjar(right)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.errors.contains("in the place of"), "\(ending.errors)")
    try folder.expectResults(0..<3)
    #expect(try folder.failures().isEmpty)
    let again = try folder.nightjar(wrong)
    #expect(again.status == 65, "\(again.errors)")
    try folder.expectResults(0..<3)
  }
}
