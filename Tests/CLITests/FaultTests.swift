import Foundation
import TestSupport
import Testing

/// Providers that misbehave: the jobs get their answers all the same.
struct FaultTests {
  @Test func `faults of every kind cost no job and damage none`() throws {
    let folder = try Scratch()
    let faults = ["529=0.05", "reset=0.02", "truncate=0.02", "malformed=0.02", "hang=0.01"]
    let provider = try Provider(
      ["--latency", "5ms"] + faults.flatMap { ["--fault", $0] },
      in: folder
    )
    try folder.write("in.jsonl", prompts(0..<300))
    let flags = ["--concurrency", "20", "--timeout", "2"] + provider.flags()
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", "out.jsonl"] + flags)
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<300)
    let outcomes = Set(provider.requests.map(\.outcome))
    #expect(outcomes == ["served", "529", "reset", "truncated", "malformed", "hang"])
    let report = try ending.report()
    #expect(report.retries == provider.requests.count { $0.outcome != "served" })
    #expect(report.requests_sent == provider.requests.count)
  }

  @Test func `an outage fails no job, however few attempts one has`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "100ms", "--outage", "1s-3s"], in: folder)
    try folder.write("in.jsonl", prompts(0..<200))
    let flags = ["--concurrency", "10", "--max-attempts", "3"] + provider.flags()
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", "out.jsonl"] + flags)
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<200)
    let refused = provider.requests.count { $0.outcome != "served" }
    #expect(refused > 0)
    // Ten slots that did not hold back would be refused some 200 times; on a busy machine, answers of
    // before the outage come late and each lets a few more go.
    #expect(refused < 100, "an outage is not hammered")
  }

  @Test func `a key that is refused from the start stops the run and keeps the jobs`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--account", "main=right"], in: folder)
    try folder.write("in.jsonl", prompts(0..<30))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    let refused = try folder.nightjar(run, environment: ["REHEARSAL": "wrong"])
    #expect(refused.status == 77)
    #expect(refused.errors.contains("invalid x-api-key"), "\(refused.errors)")
    #expect(refused.errors.contains("next: "), "\(refused.errors)")
    #expect(try refused.report().pending == 30)
    #expect(try refused.report().stopped == "parked")
    let ending = try folder.nightjar(run, environment: ["REHEARSAL": "right"])
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<30)
    #expect(try folder.results().allSatisfy { $0.nightjar.attempts == 1 })
  }

  @Test func `a run that nobody answers gives up and keeps the jobs`() throws {
    let folder = try Scratch()
    let port = try FreePort.find()
    try folder.write("in.jsonl", prompts(0..<30))
    let run = [
      "run", "in.jsonl", "-o", "out.jsonl", "--json", "--provider", "openai", "--model", "any",
      "--key", "env:REHEARSAL", "--base-url", "http://127.0.0.1:\(port)",
    ]
    let silent = try folder.nightjar(run + ["--give-up-after", "1"])
    #expect(silent.status == 69, "\(silent.errors)")
    #expect(silent.errors.contains("connection refused by 127.0.0.1:\(port)"), "\(silent.errors)")
    #expect(silent.errors.contains("next: "))
    #expect(try silent.report().pending == 30)
    let provider = try Provider(port: port, in: folder)
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<30)
    #expect(provider.requests.count == 30)
  }

  @Test func `nothing is sent before retry-after has passed`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--fault", "429=0.3", "--retry-after", "1"], in: folder)
    try folder.write("in.jsonl", prompts(0..<10))
    let flags = ["--concurrency", "1"] + provider.flags()
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", "out.jsonl"] + flags)
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<10)
    let requests = provider.requests
    let limited = requests.indices.filter { requests[$0].outcome == "429" }
    #expect(!limited.isEmpty)
    for index in limited {
      // Times are cut to whole milliseconds.
      #expect(requests[index + 1].t_ms >= requests[index].t_ms + 999)
    }
    #expect(try ending.report().rate_limited == limited.count)
    #expect(try folder.results().allSatisfy { $0.nightjar.attempts == 1 })
  }

  @Test(arguments: ["anthropic", "openai"])
  func `a limit that the provider enforces charges no attempt`(format: String) throws {
    let folder = try Scratch()
    let limits = ["--rpm", "1200", "--burst", "1", "--headers", "none"]
    let provider = try Provider(limits, in: folder)
    try folder.write("in.jsonl", prompts(0..<60))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags(format)
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<60)
    #expect(try folder.results().allSatisfy { $0.nightjar.attempts == 1 })
    #expect(provider.requests.contains { $0.outcome == "429" })
  }

  @Test func `a revoked key that is replaced in its file costs no job`() throws {
    let folder = try Scratch()
    let accounts = ["--account", "main=first", "--account", "main=second"]
    let provider = try Provider(
      accounts + ["--revoke", "first@4", "--latency", "300ms"],
      in: folder
    )
    try folder.write("key", "first\n")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600],
      ofItemAtPath: folder.path(of: "key")
    )
    try folder.write("in.jsonl", prompts(0..<120))
    let flags = ["--concurrency", "5"] + provider.flags(key: "file:key")
    let program = try Program(["run", "in.jsonl", "-o", "out.jsonl"] + flags, in: folder)
    try folder.wait(for: "a parked account") { program.errors.contains("is parked") }
    #expect(!folder.lines("out.jsonl").isEmpty)
    try Data("second\n".utf8).write(to: URL(fileURLWithPath: folder.path(of: "key")))
    let ending = program.ending()
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<120)
    #expect(try folder.results().allSatisfy { $0.nightjar.attempts == 1 })
  }
}
