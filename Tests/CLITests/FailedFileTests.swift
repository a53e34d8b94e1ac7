import Foundation
import Testing

/// The file of failed jobs is an input for the next run, and ids are where people have them.
struct FailedFileTests {
  private let folder: Scratch

  init() throws { folder = try Scratch() }

  private func run(_ arguments: [String], failing: [String] = []) throws -> Program.Ending {
    let provider = try Provider(failing.flatMap { ["--fail-prompt", $0] }, in: folder)
    defer { provider.stop() }
    return try folder.nightjar(["run"] + arguments + provider.flags())
  }

  private func ids(_ name: String) throws -> [String] {
    try folder.results(name).map(\.custom_id).sorted()
  }

  @Test(arguments: [false, true])
  func `failed documents run again as they are`(_ hasTemplate: Bool) throws {
    for name in ["a.txt", "sub/b.txt", "new\nline.txt"] {
      try folder.write("docs/" + name, "\u{FEFF}Text of \(name)")
    }
    let template = hasTemplate ? "prompt: 'Sum up {{path}}, {{name}}: {{text}}'\n" : ""
    for (file, input) in [("first", "docs"), ("again", "first.failed.jsonl")] {
      try folder.write("\(file).yaml", "input: \(input)\noutput: \(file).jsonl\n" + template)
    }
    #expect(try run(["first.yaml"], failing: ["Text"]).status == 1)
    #expect(try folder.failures("first.failed.jsonl").count == 3)
    let ending = try run(["again.yaml"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ids("again.jsonl") == ["a.txt", "new\nline.txt", "sub/b.txt"])
  }

  @Test func `a line that was too long is not tried again, and that is said`() throws {
    let line = String(repeating: "x", count: (64 << 20) + 1)
    try folder.write("in.jsonl", prompts(0..<1) + line)
    #expect(try run(["in.jsonl", "-o", "out.jsonl"]).status == 1)
    let retry = try folder.nightjar(["retry", "out.jsonl"])
    #expect(retry.status == 0)
    #expect(retry.output.contains("1 job is failed that cannot be sent like this"), "\(retry)")
  }

  @Test func `lines that are no JSON fail by their cause, also from the failed file`() throws {
    try folder.write("in.jsonl", prompts(0..<1) + "{broken}\n")
    for (input, output) in [("in.jsonl", "a"), ("a.failed.jsonl", "b"), ("b.failed.jsonl", "c")] {
      let ending = try run([input, "-o", output + ".jsonl"])
      #expect(ending.status == 1, "\(ending.errors)")
      let failures = try folder.failures(output + ".failed.jsonl")
      #expect(failures.count == 1)
      let line = input == "in.jsonl" ? 2 : 1
      #expect(failures[0].error.message.contains("\(input):\(line): not JSON"))
      #expect(failures[0].error.message.split(separator: ".jsonl:").count == 2)
    }
  }

  @Test func `documents without text fail by their cause, also from the failed file`() throws {
    try folder.write("docs/empty.txt", " \n")
    try folder.write("docs/sub/blank.txt", "")
    try folder.write("docs/latin.txt", Data([0x63, 0xE9]))
    for (input, output) in [("docs", "a"), ("a.failed.jsonl", "b"), ("b.failed.jsonl", "c")] {
      let ending = try run([input, "-o", output + ".jsonl"])
      #expect(ending.status == 1, "\(ending.errors)")
      let failures = try folder.failures(output + ".failed.jsonl")
      let codes = failures.map(\.error.code).sorted()
      #expect(codes == ["empty_document", "empty_document", "not_utf8_document"])
      let words = failures.map(\.error.message)
      #expect(words.contains { $0.contains("latin.txt: is not UTF-8 text, which cannot") })
      #expect(words.contains { $0.contains("sub/blank.txt: is empty") }, "\(words)")
      let isOfFailedFile = words.allSatisfy { $0.hasSuffix("so run the folder again") }
      #expect(isOfFailedFile == (input != "docs"), "\(words)")
      for text in [
        "2 jobs failed with empty_document", "1 job failed with not_utf8_document",
        "next: write the text into the file", "next: convert the file to UTF-8",
      ] { #expect(ending.errors.contains(text), "\(ending.errors)") }
    }
    for name in ["empty.txt", "sub/blank.txt", "latin.txt"] {
      try folder.write("docs/" + name, "Now a text")
    }
    #expect(try folder.nightjar(["retry", "a.jsonl"]).status == 0)
    let ending = try run(["docs", "-o", "a.jsonl"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ids("a.jsonl").count == 3 && folder.failures("a.failed.jsonl").isEmpty)
  }

  @Test func `failed lines run again as they are, whatever their ids`() throws {
    try folder.write(
      "in.jsonl",
      """
      {"task_id":"x/1","prompt":"One"}
      {"task_id":18446744073709551616,"prompt":"Two"}
      {"prompt":"Three"}
      {"custom_id":"c","params":{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Four"}]}}

      """
    )
    let naming = ["--id-field", "task_id"]
    let first = try run(["in.jsonl", "-o", "out.jsonl"] + naming, failing: ["o", "e"])
    #expect(first.status == 1)
    #expect(first.errors.contains("1 line of in.jsonl has no task_id"), "\(first.errors)")
    #expect(try folder.failures().count == 4)
    let again = try run(["out.failed.jsonl", "-o", "again.jsonl"] + naming)
    #expect(again.status == 0, "\(again.errors)")
    #expect(!again.errors.contains("no task_id"))
    let found = try ids("again.jsonl")
    #expect(found.filter { !$0.hasPrefix("content-") } == ["18446744073709551616", "c", "x/1"])
    #expect(found.count == 4)
    let retry = ["retry", "out.jsonl", "--id", "x/1"]
    #expect(try folder.nightjar(retry).status == 0)
  }

  @Test func `lines without ids are known again`() throws {
    let lines = ["One", "Two", "One"].map { "{\"prompt\":\"\($0)\"}\n" }
    try folder.write("in.jsonl", lines.joined())
    let first = try run(["in.jsonl", "-o", "out.jsonl"])
    #expect(first.status == 1)
    #expect(first.errors.contains("2 lines of in.jsonl have no id"), "\(first.errors)")
    #expect(try folder.failures().first?.error.message.contains("it is line 1 again") == true)
    let second = try run(["in.jsonl", "-o", "out.jsonl"])
    #expect(second.status == 1 && !second.errors.contains("have no id"), "\(second.errors)")
    #expect(try ids("out.jsonl").count == 2)
  }

  @Test func `a queue keeps the ids of its lines`() throws {
    try folder.write("in.jsonl", "{\"task_id\":\"t1\",\"prompt\":\"One\"}\n{\"prompt\":\"Two\"}\n")
    let enqueue = ["enqueue", "in.jsonl", "--queue", "q", "--id-field", "task_id"]
    #expect(try folder.nightjar(enqueue).status == 0)
    #expect(try folder.nightjar(enqueue).output.contains("0 new, 2 known"))
    let provider = try Provider(in: folder)
    let work = ["work", "--queue", "q", "--until-empty"] + provider.flags()
    let ending = try folder.nightjar(work)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try folder.nightjar(["export", "q", "-o", "out.jsonl"]).status == 0)
    #expect(try ids("out.jsonl").contains("t1") && ids("out.jsonl").count == 2)
  }
}
