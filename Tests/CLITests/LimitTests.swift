import Foundation
import TestSupport
import Testing

/// The pace of real runs, at the simulator's limits.
struct LimitTests {
  private func run(_ jobs: Int, _ simulator: [String], _ flags: [String] = []) throws
    -> (folder: Scratch, provider: Provider, report: Report)
  {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "50ms"] + simulator, in: folder)
    try folder.write("in.jsonl", prompts(0..<jobs))
    let ending = try folder.nightjar(
      ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags() + flags
    )
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<jobs)
    return (folder, provider, try ending.report())
  }

  private func accounts(_ provider: Provider, in folder: Scratch, jobs: Int) throws {
    try folder.write("in.jsonl", prompts(0..<jobs))
    try folder.write(
      "job.yaml",
      """
      input: in.jsonl
      output: out.jsonl
      provider: anthropic
      model: any
      max_tokens: 64
      accounts:
        - {name: main, keys: [env:KEY_MAIN], endpoints: ["\(provider.url)"]}
        - {name: spare, keys: [env:KEY_SPARE], endpoints: ["\(provider.url)"]}
      """
    )
  }

  private static let keys = ["KEY_MAIN": "made-up-1", "KEY_SPARE": "made-up-2"]

  @Test(
    arguments: [
      ["--rpm", "6000", "--burst", "2"], ["--itpm", "30000", "--burst", "5"],
      ["--otpm", "120000", "--burst", "5"],
      ["--otpm", "120000", "--burst", "5", "--charge", "reserved"],
    ]
  )
  func `a limit that only the headers tell is hardly ever met by a refusal`(limits: [String]) throws
  {
    let (_, provider, report) = try run(400, limits)
    // A reservation that nobody announced costs the few refusals that tell of it.
    #expect(report.rate_limited <= 8, "\(report)")
    #expect(provider.requests.count == 400 + report.rate_limited)
    #expect(report.failed == 0 && report.retries == 0)
  }

  @Test func `limits that are stated too high are corrected by the headers`() throws {
    let (_, _, report) = try run(400, ["--rpm", "3000", "--burst", "2"], ["--rpm", "60000"])
    #expect(report.rate_limited <= 4, "\(report)")
  }

  @Test func `without headers the limit is found by few refusals`() throws {
    let (_, _, report) = try run(
      400,
      ["--rpm", "3000", "--burst", "1", "--headers", "none"],
      ["--rpm", "6000"]
    )
    #expect(report.rate_limited <= 60, "\(report)")
  }

  @Test func `an account that is told to wait is left alone, and another does the work`() throws {
    let folder = try Scratch()
    let provider = try Provider(
      [
        "--latency", "50ms", "--account", "main=made-up-1,rpm=3000,burst=5,hold=40",
        "--account", "spare=made-up-2,rpm=3000,burst=5",
      ],
      in: folder
    )
    try accounts(provider, in: folder, jobs: 300)
    let ending = try folder.nightjar(["run", "job.yaml", "--json"], environment: Self.keys)
    #expect(ending.status == 0, "\(ending.errors)")
    let refused = provider.requests.filter { $0.key == "main" }
    #expect(!refused.isEmpty && refused.allSatisfy { $0.outcome == "429" })
    let times = refused.map(\.t_ms)
    // What left before the first refusal came back; then nothing any more.
    #expect((times.max() ?? 0) - (times.min() ?? 0) < 1_000)
    #expect(try folder.results().allSatisfy { $0.nightjar.account == "spare" })
  }

  @Test func `an account whose money is spent parks at once, and another does the work`() throws {
    let folder = try Scratch()
    let provider = try Provider(
      [
        "--latency", "50ms", "--account", "main=made-up-1,rpm=3000,refuse=spend_limit@3s",
        "--account", "spare=made-up-2,rpm=3000",
      ],
      in: folder
    )
    try accounts(provider, in: folder, jobs: 800)
    let ending = try folder.nightjar(["run", "job.yaml", "--json"], environment: Self.keys)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.errors.contains("account main is parked"), "\(ending.errors)")
    #expect(try folder.results().contains { $0.nightjar.account == "main" })
    let refusedAt = provider.requests.filter { $0.key == "main" && $0.outcome != "served" }
      .map(\.t_ms)
    #expect((refusedAt.max() ?? 0) - (refusedAt.min() ?? 0) < 1_000)
    let status = try folder.nightjar(["status", "out.jsonl"])
    #expect(status.output.contains("account main: parked"), "\(status.output)")
  }

  @Test func `an outage is probed with few requests and fails no job`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "50ms", "--outage", "1s-8s"], in: folder)
    try folder.write("in.jsonl", prompts(0..<3_000))
    let run =
      ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "20", "--rpm", "12000"]
      + provider.flags()
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ending.report().completed == 3_000)
    let refused = provider.requests.filter { $0.outcome == "529" }
    // Those in flight when it began, then probes after 1, 2 and 4 seconds.
    #expect((1...30).contains(refused.count), "\(refused.count)")
    #expect(refused.count { $0.t_ms >= 2_000 } <= 5)
  }

  @Test func `status tells what holds a run back, and explains how it sees the limits`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "50ms", "--rpm", "600", "--burst", "1"], in: folder)
    try folder.write("in.jsonl", prompts(0..<200))
    let program = try Program(
      ["run", "in.jsonl", "-o", "out.jsonl", "--rpm", "1200"] + provider.flags(),
      in: folder
    )
    try folder.wait(for: "a status that names the limit") {
      let status = try? folder.nightjar(["status", "out.jsonl"]).output
      return status?.contains("held by requests") ?? false
    }
    let status = try folder.nightjar(["status", "out.jsonl", "--explain"]).output
    #expect(status.contains("600 a minute, from headers, stated 1,200"), "\(status)")
    #expect(status.contains("jobs wait for room"), "\(status)")
    #expect(status.contains("model any:"), "\(status)")
    program.send(signal: SIGTERM)
    let ending = program.ending()
    #expect(ending.errors.contains("account default: held by requests"), "\(ending.errors)")
  }

  @Test func `a stated limit is kept although the headers allow more, and status says so`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--rpm", "60000"], in: folder)
    try folder.write("in.jsonl", prompts(0..<50))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--rpm", "600"] + provider.flags()
    #expect(try folder.nightjar(run).status == 0)
    let times = provider.requests.map(\.t_ms).sorted()
    // Fifty at ten a second, of which a quarter of a second's worth may leave at once.
    #expect((times.last ?? 0) - (times.first ?? 0) >= 4_400)
    let status = try folder.nightjar(["status", "out.jsonl", "--explain"]).output
    #expect(status.contains("600 a minute, as stated, headers allow "), "\(status)")
  }
}
