import Foundation
import Testing

struct BatchTests {
  @Test func `every answer of a batch belongs to its prompt`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<200))
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags())
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<200)
    let report = try ending.report()
    #expect(report.total == 200)
    #expect(report.completed == 200)
    #expect(report.failed + report.pending + report.unknown + report.retries == 0)
    #expect(report.requests_sent == 200)
    #expect(report.stopped == nil)
    let usage = try folder.results().map(\.nightjar.usage)
    #expect(report.usage.input_tokens == usage.reduce(0) { $0 + $1.input_tokens })
    #expect(report.usage.output_tokens == usage.reduce(0) { $0 + $1.output_tokens })
    #expect(report.elapsed_s.map { $0 > 0 } == true)
  }

  @Test func `a result tells of its job, its answer and how it was had`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(7..<8))
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags())
    #expect(ending.status == 0, "\(ending.errors)")
    let result = try #require(try folder.results().first)
    #expect(result.id.wholeMatch(of: /job_[0-9a-f]{16}/) != nil, "\(result.id)")
    #expect(result.custom_id == "7")
    #expect(result.response.status_code == 200)
    #expect(result.response.request_id?.isEmpty == false)
    #expect(result.error == nil)
    #expect(folder.read("out.jsonl").contains("\"error\":null"))
    #expect(result.nightjar.attempts == 1)
    #expect(result.nightjar.account == "default")
    #expect(result.nightjar.key == "env:REHEARSAL")
    #expect(result.nightjar.endpoint == provider.url)
    #expect(result.nightjar.usage.input_tokens == 2)
  }

  @Test func `OpenAI batch lines go where their url says`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let chat = #""messages":[{"role":"user","content":"Prompt 1"}]"#
    let lines = [
      ("1", "chat/completions", chat), ("2", "responses", #""input":"Prompt 2""#),
      ("3", "embeddings", #""input":["Prompt 3","and one more"]"#),
    ].map { id, url, body in
      #"{"custom_id":"\#(id)","method":"POST","url":"/v1/\#(url)","body":{"model":"m",\#(body)}}"#
    }
    try folder.write("in.jsonl", lines.joined(separator: "\n"))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags("openai")
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    let bodies = Dictionary(
      uniqueKeysWithValues: try folder.results().map { ($0.custom_id, $0.response.body) }
    )
    for id in ["1", "2"] {
      #expect(bodies[id]?.text?.contains(promptHash("Prompt \(id)")) == true)
    }
    #expect(bodies["3"]?.data?.count == 2)
    #expect(
      Set(provider.requests.map(\.path))
        == ["/v1/chat/completions", "/v1/responses", "/v1/embeddings"]
    )
  }

  @Test func `Anthropic batch lines travel as they are`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let lines = (0..<20).map { number in
      """
      {"custom_id":"\(number)","params":{"model":"m","max_tokens":50,\
      "messages":[{"role":"user","content":[{"type":"text","text":"Prompt \(number)"}]}]}}

      """
    }
    try folder.write("in.jsonl", lines.joined())
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags())
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<20)
  }

  @Test func `a folder gives a job for each document`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("documents/a.txt", "the first <text>")
    try folder.write("documents/deep/b.txt", "the \"second\" text")
    try folder.write(
      "job.yaml",
      """
      input: documents
      output: out.jsonl
      provider: openai
      model: any
      max_tokens: 64
      key: env:REHEARSAL
      prompt: "Read {{name}} & tell: {{text}}"
      """
    )
    let run = ["run", "job.yaml", "--base-url", provider.url + "/v1", "--json"]
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    let texts = Dictionary(
      uniqueKeysWithValues: try folder.results().map { ($0.custom_id, $0.response.body.text ?? "") }
    )
    let first = promptHash("Read a.txt & tell: the first <text>")
    let second = promptHash("Read b.txt & tell: the \"second\" text")
    #expect(texts.count == 2)
    #expect(texts["a.txt"]?.contains(first) == true)
    #expect(texts["deep/b.txt"]?.contains(second) == true)
  }

  @Test func `standard input is an input`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let run = ["run", "-", "-o", "out.jsonl"] + provider.flags("openai")
    let ending = try folder.nightjar(run, input: prompts(0..<30))
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<30)
  }

  @Test(arguments: [("results.jsonl", "results.failed.jsonl"), ("r.out", "r.out.failed.jsonl")])
  func `the files are named after the output and private`(output: String, failed: String) throws {
    let folder = try Scratch()
    let provider = try Provider(["--fail-prompt", "Prompt 1"], in: folder)
    try folder.write("in.jsonl", prompts(0..<2))
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", output] + provider.flags())
    #expect(ending.status == 1, "\(ending.errors)")
    #expect(try folder.results(output).map(\.custom_id) == ["0"])
    #expect(try folder.failures(failed).map(\.id) == ["1"])
    #expect(ending.errors.contains(failed))
    let written = folder.files.filter { $0.hasPrefix(output) || $0 == failed }
    #expect(Set(written).isSuperset(of: [output, failed, output + ".nightjar"]))
    for file in written { #expect(try folder.mode(file) == 0o600, "\(file)") }
  }

  @Test func `a dry run shows the requests and sends none`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<5))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--dry-run"] + provider.flags()
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.output.contains("Prompt 0"))
    #expect(!ending.output.contains("made-up"))
    #expect(provider.requests.isEmpty)
    #expect(!folder.exists("out.jsonl.nightjar"))
  }

  @Test func `a dry run that shows what cannot be sent does not end as if all were well`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<2) + #"{"id":"a","prompt":"b","temperature":1}"#)
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--dry-run"] + provider.flags()
    let ending = try folder.nightjar(run)
    #expect(ending.status == 1)
    #expect(ending.errors.contains("1 of the first 3 jobs cannot be"), "\(ending.errors)")
  }

  @Test func `a limit takes the first jobs of the input`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<10))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--limit", "3"] + provider.flags()
    #expect(try folder.nightjar(run).status == 0)
    try folder.expectResults(0..<3)
  }

  @Test func `a limit holds also for a batch that was begun without one`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<300))
    try folder.write("prices.yaml", "any: {input: 10, output: 50}\n")
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--prices", "prices.yaml"] + provider.flags()
    #expect(try folder.nightjar(run + ["--budget", "0.05"]).status == 75)
    let ending = try folder.nightjar(run + ["--limit", "260"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ending.report().pending == 40)
    try folder.expectResults(0..<260)
  }

  @Test func `results appear while the run works`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "100ms"], in: folder)
    try folder.write("in.jsonl", prompts(0..<30))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "2"] + provider.flags()
    let program = try Program(run, in: folder)
    try folder.wait(for: "the first results") { !folder.lines("out.jsonl").isEmpty }
    #expect(provider.requests.count < 20)
    #expect(program.ending().status == 0)
    try folder.expectResults(0..<30)
  }
}
