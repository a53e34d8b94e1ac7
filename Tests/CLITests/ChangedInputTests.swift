import Foundation
import TestSupport
import Testing

/// What becomes of a batch whose input or settings change between two runs.
struct ChangedInputTests {
  private struct Batch {
    let folder: Scratch
    let provider: Provider

    init(_ arguments: [String] = []) throws {
      folder = try Scratch()
      provider = try Provider(arguments, in: folder)
    }

    func run(_ flags: [String] = [], input: String = "in.jsonl") throws -> Program.Ending {
      try folder.nightjar(["run", input, "-o", "out.jsonl"] + provider.flags() + flags)
    }

    /// How often each prompt was asked so far.
    func count(_ prompt: String) -> Int {
      provider.requests.count { $0.prompt_hash == promptHash(prompt) }
    }

    var answers: [String: String] {
      get throws {
        let results = try folder.results()
        #expect(Set(results.map(\.custom_id)).count == results.count, "a job has two results")
        return Dictionary(
          results.map { ($0.custom_id, $0.response.body.text ?? "") },
          uniquingKeysWith: { first, _ in first }
        )
      }
    }

    func expectAnswer(_ id: String, to prompt: String) throws {
      #expect(try answers[id]?.contains(promptHash(prompt)) == true, "\(id): \(prompt)")
    }
  }

  private func line(_ id: Int, _ prompt: String) -> String {
    "{\"id\":\"\(id)\",\"prompt\":\"\(prompt)\"}\n"
  }

  /// A batch that is completed for jobs 0..<`jobs`.
  private func completed(_ jobs: Int = 600) throws -> Batch {
    let batch = try Batch()
    try batch.folder.write("in.jsonl", prompts(0..<jobs))
    let ending = try batch.run()
    #expect(ending.status == 0, "\(ending.errors)")
    return batch
  }

  @Test func `a pipe that has another line for a job is refused, unless that is allowed`() throws {
    let batch = try Batch()
    let run = ["run", "-", "-o", "out.jsonl"] + batch.provider.flags()
    #expect(try batch.folder.nightjar(run, input: prompts(0..<5)).status == 0)
    let text = line(0, "Prompt 0") + line(3, "Another") + prompts(5..<6)
    let refused = try batch.folder.nightjar(run, input: text)
    #expect(refused.status == 65)
    #expect(refused.errors.contains("standard input:2: job \"3\""), "\(refused.errors)")
    #expect(try batch.folder.nightjar(run + ["--allow-changed"], input: text).status == 0)
    try batch.folder.expectResults(0..<6)
    #expect(batch.count("Another") == 0)
  }

  @Test func `another stream does not send the rest of an earlier one`() throws {
    let batch = try Batch()
    try batch.folder.write("prices.yaml", "any: {input: 10, output: 50}\n")
    let run =
      ["run", "-", "-o", "out.jsonl", "--prices", "prices.yaml"] + batch.provider.flags()
    let budget = ["--budget", "0.02"]
    #expect(try batch.folder.nightjar(run + budget, input: prompts(0..<100)).status == 75)
    let sent = batch.provider.requests.count
    let refused = try batch.folder.nightjar(run, input: prompts(200..<201))
    #expect(refused.status == 65)
    #expect(refused.errors.contains("\(100 - sent) jobs have no result yet"), "\(refused.errors)")
    #expect(batch.provider.requests.count == sent)
    #expect(try batch.folder.nightjar(run, input: prompts(0..<100)).status == 0)
    try batch.folder.expectResults(0..<100)
    #expect(try batch.folder.nightjar(run, input: prompts(200..<201)).status == 0)
  }

  @Test(arguments: [
    Array(0..<620), Array(600..<620) + Array(0..<600),
    Array(0..<300) + Array(600..<620) + Array(300..<600), (0..<620).reversed(),
  ])
  func `lines that are added anywhere are queued and the others are not sent again`(
    _ order: [Int]
  ) throws {
    let batch = try completed()
    let before = batch.folder.lines("out.jsonl")
    try batch.folder.write("in.jsonl", order.map { prompts($0..<$0 + 1) }.joined())
    let ending = try batch.run()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ending.report().completed == 620)
    #expect(batch.provider.requests.count == 620)
    #expect(Array(batch.folder.lines("out.jsonl").prefix(600)) == before)
    try batch.folder.expectResults(0..<620)
    let export = ["export", "out.jsonl", "-o", "ordered.jsonl", "--ordered"]
    #expect(try batch.folder.nightjar(export).status == 0)
    #expect(try batch.folder.results("ordered.jsonl").map { Int($0.custom_id) } == order)
  }

  @Test func `completed jobs whose line changed are refused with a list`() throws {
    let batch = try completed(100)
    let results = batch.folder.read("out.jsonl")
    let changed = (0..<100).map { line($0, $0 >= 70 ? "New \($0)" : "Prompt \($0)") }.joined()
    try batch.folder.write("in.jsonl", changed)
    let ending = try batch.run()
    #expect(ending.status == 65)
    #expect(ending.errors.contains("30 completed jobs are no longer what the input says"))
    #expect(ending.errors.contains("in.jsonl:71: job \"70\""))
    #expect(ending.errors.contains("in.jsonl:90: job \"89\""))
    #expect(!ending.errors.contains("in.jsonl:91:"))
    #expect(ending.errors.contains("and 10 more"))
    #expect(ending.errors.contains("--allow-changed") && ending.errors.contains("--rerun-changed"))
    #expect(batch.provider.requests.count == 100)
    #expect(batch.folder.read("out.jsonl") == results)
    try batch.folder.write("in.jsonl", prompts(0..<100))
    #expect(try batch.run().status == 0, "the restored input goes on")
    #expect(batch.provider.requests.count == 100)
  }

  @Test func `old results stay where that is allowed`() throws {
    let batch = try completed(50)
    let results = batch.folder.read("out.jsonl")
    try batch.folder.write("in.jsonl", line(0, "New 0") + prompts(1..<51))
    let ending = try batch.run(["--allow-changed"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.errors.contains("1 job with an older result kept"), "\(ending.errors)")
    #expect(batch.folder.read("out.jsonl").hasPrefix(results))
    try batch.expectAnswer("0", to: "Prompt 0")
    try batch.expectAnswer("50", to: "Prompt 50")
    #expect(try batch.run().status == 0, "what was allowed once is not asked again")
    #expect(batch.provider.requests.count == 51)
  }

  @Test func `changed jobs are done again where that is wanted`() throws {
    let batch = try completed(300)
    try batch.folder.write("in.jsonl", prompts(0..<9) + line(9, "New 9") + prompts(10..<300))
    let ending = try batch.run(["--rerun-changed"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ending.report().completed == 300)
    try batch.expectAnswer("9", to: "New 9")
    #expect(try batch.answers.count == 300)
    #expect(batch.provider.requests.count == 301)
    #expect(
      try batch.folder.nightjar(["run", "in.jsonl", "--allow-changed", "--rerun-changed"]).status
        == 64
    )
  }

  @Test func `results are forgotten only where a person says yes`() throws {
    let batch = try completed(3)
    try batch.folder.write("in.jsonl", prompts(0..<2) + line(2, "New 2"))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--rerun-changed"] + batch.provider.flags()
    let command = ([Program.path] + run).joined(separator: " ")
    let ending = try Program(
      ["-qec", command, "/dev/null"],
      in: batch.folder,
      executable: try #require(Tool.find("script")),
      input: "no\n"
    ).ending()
    #expect(ending.status == 65, "\(ending.output)")
    #expect(ending.output.contains("forget 1 result that was paid for"), "\(ending.output)")
    #expect(batch.provider.requests.count == 3)
    try batch.expectAnswer("2", to: "Prompt 2")
  }

  @Test func `a line that failed is mended and run again`() throws {
    let batch = try Batch()
    try batch.folder.write("in.jsonl", prompts(0..<5) + #"{"id":"5"}"# + "\n" + "{\n")
    #expect(try batch.run().status == 1)
    try batch.folder.write("in.jsonl", prompts(0..<7))
    let ending = try batch.run()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ending.report().failed == 0)
    try batch.folder.expectResults(0..<7)
    #expect(batch.folder.read("out.failed.jsonl").isEmpty)
    #expect(batch.provider.requests.count == 7)
  }

  @Test func `results stay whose lines are gone, and count again when they come back`() throws {
    let batch = try completed(300)
    try batch.folder.write("in.jsonl", prompts(100..<300))
    var ending = try batch.run()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.errors.contains("100 jobs gone from the input, completed, kept"))
    try batch.folder.expectResults(0..<300)
    try batch.folder.write("in.jsonl", prompts(50..<310))
    ending = try batch.run()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ending.report().completed == 310)
    try batch.folder.expectResults(0..<310)
    #expect(batch.provider.requests.count == 310)
  }

  @Test func `a killed run goes on with an input that was changed meanwhile`() throws {
    let batch = try Batch(["--latency", "200ms"])
    try batch.folder.write("in.jsonl", prompts(0..<1_000))
    let run =
      ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "20"] + batch.provider.flags()
    let program = try Program(run, in: batch.folder)
    try batch.folder.wait(for: "60 results") { batch.folder.lines("out.jsonl").count >= 60 }
    program.send(signal: SIGKILL)
    _ = program.ending()
    let kept = try batch.folder.results().compactMap { Int($0.custom_id) }
    // The last 300 lines go, the 400 before them have another prompt, and all are turned round.
    let lines = (0..<700).map { line($0, $0 >= 300 ? "New \($0)" : "Prompt \($0)") }
    try batch.folder.write("in.jsonl", lines.reversed().joined())
    let ending = try batch.run(["--concurrency", "200"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.errors.contains("300 jobs gone from the input, without an answer, dropped"))
    #expect(try batch.answers.count == 700)
    #expect(try ending.report().total == 700)
    for id in kept { #expect(batch.count("Prompt \(id)") == 1, "\(id) was sent again") }
    for id in [300, 699] { try batch.expectAnswer("\(id)", to: "New \(id)") }
  }

  @Test func `a kill while the batch is taken to its new input changes nothing`() throws {
    let batch = try completed(300)
    try batch.folder.write("in.jsonl", prompts(300..<310) + prompts(20..<300))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + batch.provider.flags()
    let crash = ["NIGHTJAR_CRASH_AT": "ending:1"]
    let program = try Program(run, in: batch.folder, environment: crash)
    #expect(program.isStopped())
    program.send(signal: SIGKILL)
    #expect(program.ending().status == -SIGKILL)
    #expect(batch.provider.requests.count == 300)
    let ending = try batch.run()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.errors.contains("10 added"), "\(ending.errors)")
    try batch.folder.expectResults(0..<310)
    #expect(batch.provider.requests.count == 310)
  }

  @Test func `another model is refused, allowed or done again`() throws {
    let batch = try completed(20)
    let other = ["--model", "other"]
    let refused = try batch.run(other)
    #expect(refused.status == 65)
    #expect(refused.errors.contains("the model was any and is now other"), "\(refused.errors)")
    #expect(refused.errors.contains("20 completed jobs"))
    #expect(batch.provider.requests.count == 20)
    #expect(try batch.run().status == 0, "the old model goes on")
    try batch.folder.append("in.jsonl", prompts(20..<25))
    #expect(try batch.run(other + ["--allow-changed"]).status == 0)
    #expect(batch.provider.requests.count == 25)
    #expect(try batch.run(other).status == 0, "what was allowed once is not asked again")
    let again = try batch.run(["--model", "third", "--rerun-changed"])
    #expect(again.status == 0, "\(again.errors)")
    #expect(batch.provider.requests.count == 50)
    try batch.folder.expectResults(0..<25)
  }

  @Test func `lines that travel as they are do not mind another model`() throws {
    let batch = try Batch()
    let native = (0..<5).map { number in
      """
      {"custom_id":"\(number)","params":{"model":"m","max_tokens":50,\
      "messages":[{"role":"user","content":"Prompt \(number)"}]}}

      """
    }
    try batch.folder.write("in.jsonl", native.joined())
    #expect(try batch.run().status == 0)
    let ending = try batch.run(["--model", "other"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(batch.provider.requests.count == 5)
  }

  @Test func `another template is refused`() throws {
    let batch = try Batch()
    try batch.folder.write("in.jsonl", #"{"id":"1","topic":"owls"}"# + "\n")
    func run(_ template: String, _ flags: [String] = []) throws -> Program.Ending {
      try batch.folder.write(
        "job.yaml",
        "input: in.jsonl\noutput: out.jsonl\nprompt: \(template) {{topic}}\n"
      )
      return try batch.folder.nightjar(["run", "job.yaml"] + batch.provider.flags() + flags)
    }
    #expect(try run("About").status == 0)
    let refused = try run("More about")
    #expect(refused.status == 65 && refused.errors.contains("the prompt template is another one"))
    #expect(try run("More about", ["--rerun-changed"]).status == 0)
    try batch.expectAnswer("1", to: "More about owls")
  }

  @Test func `a completed document that changed is refused or done again`() throws {
    let batch = try Batch()
    for name in ["a", "b", "c"] { try batch.folder.write("docs/\(name).txt", "Document \(name)") }
    #expect(try batch.run(input: "docs").status == 0)
    try batch.folder.write("docs/b.txt", "Other words")
    try batch.folder.write("docs/aa.txt", "Document aa")
    let refused = try batch.run(input: "docs")
    #expect(refused.status == 65)
    #expect(refused.errors.contains("docs/b.txt"), "\(refused.errors)")
    let ending = try batch.run(["--rerun-changed"], input: "docs")
    #expect(ending.status == 0, "\(ending.errors)")
    try batch.expectAnswer("b.txt", to: "Other words")
    try batch.expectAnswer("aa.txt", to: "Document aa")
    #expect(batch.provider.requests.count == 5)
    try FileManager.default.removeItem(atPath: batch.folder.path(of: "docs/c.txt"))
    #expect(try batch.run(input: "docs").status == 0)
    #expect(try batch.answers.count == 4)
    #expect(batch.provider.requests.count == 5)
  }

  @Test func `a document that is edited before its turn counts as what was sent`() throws {
    let batch = try Batch(["--latency", "300ms"])
    for name in ["a", "b", "c"] { try batch.folder.write("docs/\(name).txt", "Document \(name)") }
    let run = ["run", "docs", "-o", "out.jsonl", "--concurrency", "1"] + batch.provider.flags()
    let program = try Program(run, in: batch.folder)
    try batch.folder.wait(for: "the first request") { batch.provider.requests.count > 0 }
    try batch.folder.write("docs/c.txt", "Other words")
    #expect(program.ending().status == 0, "\(program.errors)")
    try batch.expectAnswer("c.txt", to: "Other words")
    let again = try batch.run(input: "docs")
    #expect(again.status == 0 && batch.provider.requests.count == 3, "\(again.errors)")
    try batch.folder.write("docs/c.txt", "Document c")
    let refused = try batch.run(input: "docs")
    #expect(refused.status == 65 && refused.errors.contains("docs/c.txt"), "\(refused.errors)")
  }

  @Test func `a batch in which nothing was sent yet takes another input`() throws {
    let batch = try Batch()
    try batch.folder.write("wrong.jsonl", "{\"a\":1}\n{\n")
    #expect(try batch.run(input: "wrong.jsonl").status == 1)
    #expect(!batch.folder.read("out.failed.jsonl").isEmpty)
    try batch.folder.write("in.jsonl", prompts(0..<3))
    let ending = try batch.run()
    #expect(ending.status == 0, "\(ending.errors)")
    try batch.folder.expectResults(0..<3)
    #expect(batch.folder.read("out.failed.jsonl").isEmpty)
  }
}
