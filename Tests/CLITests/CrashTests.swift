import Foundation
import Testing

/// What a killed run leaves behind, and what the same command makes of it.
struct CrashTests {
  private static let concurrency = 20

  private struct Batch {
    let folder: Scratch
    let provider: Provider
    let run: [String]

    init(jobs: Int) throws {
      folder = try Scratch()
      provider = try Provider(["--latency", "uniform:30ms-90ms"], in: folder)
      try folder.write("in.jsonl", prompts(0..<jobs))
      run =
        ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "\(concurrency)"]
        + provider.flags()
    }

    /// Starts the run and kills it as soon as the results have so many lines.
    func killedRun(at lines: Int) throws {
      let program = try Program(run, in: folder)
      try folder.wait(for: "\(lines) results") { folder.lines("out.jsonl").count >= lines }
      program.send(signal: SIGKILL)
      #expect(program.ending().status == -SIGKILL)
    }

    var resent: Int { provider.requests.count - Set(provider.requests.map(\.prompt_hash)).count }
  }

  @Test func `a killed run loses nothing, repeats nothing and knows what it sent again`() throws {
    let batch = try Batch(jobs: 1_000)
    try batch.killedRun(at: 160)
    let kept = Set(batch.folder.lines("out.jsonl"))
    let before = batch.provider.requests.count
    let ending = try batch.folder.nightjar(batch.run)
    #expect(ending.status == 0, "\(ending.errors)")
    try batch.folder.expectResults(0..<1_000)
    #expect(kept.isSubset(of: batch.folder.lines("out.jsonl")))
    let hashes = try kept.map { line in
      let result = try JSONDecoder().decode(ResultLine.self, from: Data(line.utf8))
      return promptHash("Prompt \(result.custom_id)")
    }
    let later = Set(batch.provider.requests[before...].compactMap(\.prompt_hash))
    #expect(later.isDisjoint(with: hashes), "a job with a result was sent again")
    let report = try ending.report()
    #expect(batch.resent <= Self.concurrency)
    #expect(report.unknown >= batch.resent)
    #expect(report.unknown <= Self.concurrency)
    #expect(ending.errors.contains("resuming: \(report.unknown) requests"), "\(ending.errors)")
  }

  @Test func `any number of kills still ends with one result for each job`() throws {
    let batch = try Batch(jobs: 1_000)
    for lines in [1, 90, 180, 270] { try batch.killedRun(at: lines) }
    let ending = try batch.folder.nightjar(batch.run)
    #expect(ending.status == 0, "\(ending.errors)")
    try batch.folder.expectResults(0..<1_000)
    #expect(batch.resent <= 4 * Self.concurrency)
  }

  @Test(arguments: ["torn", "cut", "removed"])
  func `results that were damaged between two runs are repaired`(damage: String) throws {
    let batch = try Batch(jobs: 600)
    try batch.killedRun(at: 40)
    let output = batch.folder.path(of: "out.jsonl")
    switch damage {
    case "torn": try batch.folder.append("out.jsonl", #"{"id":"job_99","custom_id":"9"#)
    case "cut":
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
      try file.truncate(atOffset: try file.seekToEnd() - 137)
    default: try FileManager.default.removeItem(atPath: output)
    }
    let ending = try batch.folder.nightjar(batch.run)
    #expect(ending.status == 0, "\(ending.errors)")
    try batch.folder.expectResults(0..<600)
    #expect(batch.resent <= Self.concurrency)
  }

  @Test func `a finished batch sends nothing again`() throws {
    let batch = try Batch(jobs: 50)
    #expect(try batch.folder.nightjar(batch.run).status == 0)
    let results = batch.folder.read("out.jsonl")
    let ending = try batch.folder.nightjar(batch.run)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ending.report().completed == 50)
    #expect(batch.folder.read("out.jsonl") == results)
    #expect(batch.provider.requests.count == 50)
  }

  @Test func `a killed run of standard input resumes when it is given again`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "300ms"], in: folder)
    let run = ["run", "-", "-o", "out.jsonl", "--concurrency", "10"] + provider.flags()
    let program = try Program(run, in: folder, input: prompts(0..<150))
    try folder.wait(for: "60 results") { folder.lines("out.jsonl").count >= 60 }
    program.send(signal: SIGKILL)
    _ = program.ending()
    let ending = try folder.nightjar(run, input: prompts(0..<150))
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<150)
    #expect(provider.requests.count <= 160)
  }
}
