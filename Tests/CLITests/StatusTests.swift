import Foundation
import Testing

/// `status` and `export`, while a run works and after.
struct StatusTests {
  @Test func `status follows a batch from its start to its end`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "200ms"], in: folder)
    try folder.write("in.jsonl", prompts(0..<100))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "5"] + provider.flags()
    let program = try Program(run, in: folder)
    try folder.wait(for: "20 results") { folder.lines("out.jsonl").count >= 20 }
    let running = try folder.nightjar(["status", "out.jsonl", "--json"]).report()
    #expect(running.state == "running")
    #expect(running.completed >= 20)
    #expect(running.total == 100)
    program.send(signal: SIGKILL)
    _ = program.ending()
    let stopped = try folder.nightjar(["status", "out.jsonl", "--json"]).report()
    #expect(stopped.state == "stopped")
    #expect(stopped.completed >= folder.lines("out.jsonl").count)
    #expect(stopped.pending == 100 - stopped.completed)
    let explained = try folder.nightjar(["status", "out.jsonl", "--explain"]).output
    #expect(explained.contains("account default: stopped with env:REHEARSAL"), "\(explained)")
    #expect(!explained.contains("running") && explained.contains(" 0 in flight"), "\(explained)")
    #expect(try folder.nightjar(run).status == 0)
    for target in ["out.jsonl", "out.jsonl.nightjar"] {
      let finished = try folder.nightjar(["status", target, "--json"]).report()
      #expect(finished.state == "finished")
      #expect(finished.completed == 100)
    }
    let text = try folder.nightjar(["status", "out.jsonl"])
    #expect(text.output.hasPrefix("finished: 100 completed, 0 failed"))
  }

  @Test func `a job that waits for its next attempt is told, and can be taken back`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--fault", "529=1", "--retry-after", "900"], in: folder)
    try folder.write("in.jsonl", prompts(0..<1))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"]
    let program = try Program(run + provider.flags(), in: folder)
    try folder.wait(for: "the refusal") { program.errors.contains("will be tried again") }
    program.send(signal: SIGINT)
    #expect(program.ending().status == 75)
    let status = try folder.nightjar(["status", "out.jsonl"]).output
    #expect(status.contains("1 job waits for another attempt, the first until 20"), "\(status)")
    let json = try folder.nightjar(["status", "out.jsonl", "--json"]).output
    #expect(json.contains(#""delayed":1,"next_attempt":"20"#), "\(json)")
    #expect(try folder.nightjar(["retry", "out.jsonl", "--id", "0"]).status == 0)
    let after = try folder.nightjar(["status", "out.jsonl"]).output
    #expect(!after.contains("another attempt"), "\(after)")
  }

  @Test func `a batch can lie elsewhere than its results`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<10))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--queue", "night.db"] + provider.flags()
    for _ in 0..<2 { #expect(try folder.nightjar(run).status == 0) }
    try folder.expectResults(0..<10)
    #expect(provider.requests.count == 10)
    #expect(!folder.exists("out.jsonl.nightjar"))
    let status = try folder.nightjar(["status", "night.db", "--json"]).report()
    #expect(status.completed == 10)
  }

  @Test func `watching ends with the run`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "300ms"], in: folder)
    try folder.write("in.jsonl", prompts(0..<20))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "2"] + provider.flags()
    let program = try Program(run, in: folder)
    try folder.wait(for: "a result") { !folder.lines("out.jsonl").isEmpty }
    let watch = try folder.nightjar(["status", "out.jsonl", "--watch", "--json"])
    #expect(watch.status == 0)
    let states = watch.output.split(separator: "\n")
    #expect(states.first?.contains(#""state":"running""#) == true)
    #expect(states.last?.contains(#""state":"finished""#) == true, "\(watch.output)")
    #expect(program.ending().status == 0)
  }

  @Test func `an export holds every result, in input order where asked`() throws {
    let folder = try Scratch()
    let provider = try Provider(
      ["--latency", "uniform:0ms-50ms", "--fail-prompt", "Prompt 7"],
      in: folder
    )
    try folder.write("in.jsonl", prompts(0..<80))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run).status == 1)
    let failed = [7] + Array(70..<80)
    let ordered = ["export", "out.jsonl", "-o", "ordered.jsonl", "--ordered"]
    #expect(try folder.nightjar(ordered).status == 0)
    let expected = (0..<80).filter { !failed.contains($0) }.map(String.init)
    #expect(try folder.results("ordered.jsonl").map(\.custom_id) == expected)
    #expect(folder.lines("ordered.jsonl").sorted() == folder.lines("out.jsonl").sorted())
    #expect(try folder.mode("ordered.jsonl") == 0o600)
    let failures = ["export", "out.jsonl", "-o", "failures.jsonl", "--failed", "--ordered"]
    #expect(try folder.nightjar(failures).status == 0)
    #expect(try folder.failures("failures.jsonl").map(\.id) == failed.map { "\($0)" })
    #expect(folder.lines("failures.jsonl").sorted() == folder.lines("out.failed.jsonl").sorted())
  }

  @Test func `an export never writes over the files of its batch`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<3))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run).status == 0)
    for output in ["out.jsonl", "./out.jsonl", folder.path(of: "out.jsonl.nightjar")] {
      let ending = try folder.nightjar(["export", "out.jsonl", "-o", output, "--failed"])
      #expect(ending.status == 73, "\(output): \(ending.errors)")
    }
    try folder.expectResults(0..<3)
  }
}
