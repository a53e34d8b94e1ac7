import Foundation
import Testing

struct SignalTests {
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `the first signal lets what is in flight end`(signal: Int32) throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "uniform:200ms-400ms"], in: folder)
    try folder.write("in.jsonl", prompts(0..<200))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "10"] + provider.flags()
    let program = try Program(run, in: folder)
    try folder.wait(for: "20 results") { folder.lines("out.jsonl").count >= 20 }
    program.send(signal: signal)
    let drained = program.ending()
    #expect(drained.status == 75)
    #expect(drained.errors.contains("run the same command"), "\(drained.errors)")
    let report = try drained.report()
    #expect(report.stopped == "interrupted")
    #expect(report.completed == provider.requests.count)
    #expect(report.pending == 200 - report.completed)
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<200)
    #expect(provider.requests.count == 200)
    #expect(try ending.report().unknown == 0)
  }

  @Test func `the second signal cuts off and the same command finishes`() throws {
    let folder = try Scratch()
    let slow = try Provider(["--latency", "50s"], in: folder)
    try folder.write("in.jsonl", prompts(0..<30))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "10"]
    let program = try Program(run + slow.flags(), in: folder)
    try folder.wait(for: "requests in flight") { slow.requests.count >= 10 }
    program.send(signal: SIGINT)
    try folder.wait(for: "the drain") { program.errors.contains("stopping") }
    program.send(signal: SIGINT)
    let cut = program.ending()
    #expect(cut.status == 130, "\(cut.errors)")
    let report = try cut.report()
    #expect(report.pending == 30 && report.unknown == slow.requests.count)
    #expect(cut.errors.contains("\(report.unknown) requests were cut off"), "\(cut.errors)")
    let status = try folder.nightjar(["status", "out.jsonl", "--json"]).output
    #expect(status.contains("\"requests_sent\":\(report.unknown)"), "\(status)")
    let provider = try Provider(in: folder)
    let ending = try folder.nightjar(run + provider.flags())
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<30)
    #expect(provider.requests.count == 30)
    #expect(try folder.results().allSatisfy { $0.nightjar.attempts == 1 })
  }

  @Test func `a drain ends with its grace`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "50s"], in: folder)
    try folder.write("in.jsonl", prompts(0..<5))
    let flags = ["--grace", "0.2"] + provider.flags()
    let program = try Program(["run", "in.jsonl", "-o", "out.jsonl"] + flags, in: folder)
    try folder.wait(for: "requests in flight") { provider.requests.count == 5 }
    program.send(signal: SIGINT)
    let ending = program.ending()
    #expect(ending.status == 75, "\(ending.errors)")
    #expect(try ending.report().pending == 5)
  }

  @Test func `a run that waits for a silent pipe can be stopped and resumed`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let run = ["run", "-", "-o", "out.jsonl"] + provider.flags()
    let pipe = Pipe()
    let program = try Program(run, in: folder, pipe: pipe)
    try pipe.fileHandleForWriting.write(contentsOf: Data(prompts(0..<10).utf8))
    try folder.wait(for: "the first results") { folder.lines("out.jsonl").count == 10 }
    program.send(signal: SIGINT)
    let ending = program.ending()
    #expect(ending.status == 75, "\(ending.errors)")
    try pipe.fileHandleForWriting.close()
    #expect(try folder.nightjar(run, input: prompts(0..<20)).status == 0)
    try folder.expectResults(0..<20)
    #expect(provider.requests.count == 20)
  }
}
