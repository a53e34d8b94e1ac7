import Foundation
import Testing

/// `estimate`: what a run will take, before it is run.
struct EstimateTests {
  private struct Estimated: Decodable {
    let jobs: Int
    let left: Int
    let unusable: Int
    let faults: [String]
    let input_tokens: Int
    let output_tokens: Int
    let output_tokens_most: Int?
    let cost_usd: Double?
    let cost_usd_most: Double?
    let spent_usd: Double
    let time_s: Int
    let bound_by: String
    let unpriced: [String]
    let assumptions: [String]
  }

  private let folder: Scratch

  init() throws {
    folder = try Scratch()
    try folder.write("prices.yaml", "any: {input: 10, output: 50}\n")
    try folder.write("in.jsonl", prompts(0..<200))
  }

  @Test func `lines that ask for more tokens than there are can be added`() throws {
    let body = #"{"model":"any","max_tokens":9223372036854775807,"n":9,"messages":[]}"#
    let lines = (0..<3).map { id in
      #"{"custom_id":"\#(id)","method":"POST","url":"/v1/chat/completions","body":\#(body)}"#
    }
    try folder.write("in.jsonl", lines.joined(separator: "\n") + "\n")
    let flags = ["--provider", "openai", "--prices", "prices.yaml", "--rpm", "1", "--otpm", "1"]
    let ending = try folder.nightjar(["estimate", "in.jsonl", "--json"] + flags)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.output.contains(#""jobs":3"#), "\(ending.output)")
    for priority in ["9223372036854775807", "-9223372036854775808", "1000001"] {
      let enqueue = ["enqueue", "in.jsonl", "--queue", "q", "--priority=\(priority)"]
      #expect(try folder.nightjar(enqueue).status == 64)
    }
  }

  private func estimate(_ flags: [String], model: String = "any") throws -> Estimated {
    let ending = try folder.nightjar(
      [
        "estimate", "in.jsonl", "--provider", "anthropic", "--model", model, "--max-tokens", "100",
        "--prices", "prices.yaml", "--json",
      ] + flags
    )
    #expect(ending.status == 0, "\(ending.errors)")
    return try JSONDecoder().decode(Estimated.self, from: Data(ending.output.utf8))
  }

  @Test func `jobs, tokens, cost and time are told, with what was assumed`() throws {
    let estimate = try estimate([])
    #expect(estimate.jobs == 200 && estimate.left == 200 && estimate.unusable == 0)
    #expect(estimate.output_tokens == 200 * 50)
    #expect(estimate.output_tokens_most == 200 * 100)
    let expected = Double(estimate.input_tokens) * 10e-6 + 200 * 50 * 50e-6
    #expect(abs((estimate.cost_usd ?? 0) - expected) < 1e-9)
    #expect(estimate.cost_usd_most ?? 0 > 200 * 100 * 50e-6)
    #expect(estimate.bound_by == "concurrency")
    #expect(estimate.assumptions.contains { $0.contains("4 bytes") })
    let text = try folder.nightjar([
      "estimate", "in.jsonl", "--provider", "anthropic", "--model", "claude-opus-4-6",
      "--max-tokens", "100",
    ])
    #expect(text.output.hasPrefix("200 jobs to run of 200\n"), "\(text.output)")
    #expect(text.output.contains("assumed:"))
    #expect(folder.files.allSatisfy { !$0.contains("nightjar") }, "a batch was made")
  }

  @Test func `the limit that binds gives the time`() throws {
    let requests = try estimate(["--rpm", "60"])
    #expect(requests.bound_by == "requests_per_minute")
    #expect(requests.time_s == 200)
    let output = try estimate(["--rpm", "6000", "--otpm", "1000"])
    #expect(output.bound_by == "output_tokens_per_minute")
    #expect(output.time_s == 600)
    #expect(try estimate(["--limit", "20"]).left == 20)
  }

  @Test func `a batch that has begun is judged by its own answers`() throws {
    let provider = try Provider(["--output-tokens", "10-20"], in: folder)
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--prices", "prices.yaml"]
    let flags = provider.flags().filter { $0 != "--json" }
    #expect(try folder.nightjar(run + flags + ["--budget", "0.1"]).status == 75)
    let finished = folder.lines("out.jsonl").count
    #expect(finished >= 20)
    let estimate = try estimate(["-o", "out.jsonl", "--max-tokens", "64"])
    #expect(estimate.jobs == 200)
    #expect(estimate.left == 200 - finished)
    #expect(estimate.spent_usd > 0.09)
    #expect(estimate.output_tokens >= 10 * estimate.left)
    #expect(estimate.output_tokens <= 20 * estimate.left)
    #expect(estimate.assumptions.contains { $0.contains("has finished") })
  }

  @Test func `a change is counted as the run would take it`() throws {
    let provider = try Provider(in: folder)
    let flags = provider.flags().filter { $0 != "--json" }
    let place = ["in.jsonl", "-o", "out.jsonl", "--prices", "prices.yaml"]
    #expect(try folder.nightjar(["run"] + place + flags).status == 0)
    #expect(try estimate(["-o", "out.jsonl", "--max-tokens", "64"]).left == 0)
    let rerun = ["-o", "out.jsonl", "--rerun-changed", "--max-tokens"]
    #expect(try estimate(rerun + ["65"]).left == 200)
    let limit = rerun + ["65", "--limit", "20"]
    let limited = try folder.nightjar(["estimate"] + place + flags + limit)
    #expect(limited.status == 64, "\(limited.errors)")
    let refused = try folder.nightjar(["estimate"] + place + flags + ["--max-tokens", "65"])
    #expect(refused.status == 65, "\(refused.errors)")
    try folder.write("in.jsonl", "{\"id\":\"0\",\"prompt\":\"another\"}\n" + prompts(1..<201))
    #expect(try estimate(rerun + ["64"]).left == 2)
    #expect(try folder.nightjar(["estimate"] + place + flags).status == 65)
    let allowed = ["-o", "out.jsonl", "--allow-changed", "--max-tokens", "64"]
    #expect(try estimate(allowed).left == 1)
  }

  @Test func `what is unknown is said`() throws {
    let unpriced = try estimate([], model: "nobody-knows")
    #expect(unpriced.cost_usd == nil && unpriced.cost_usd_most == nil)
    #expect(unpriced.unpriced == ["nobody-knows"])
    try folder.write("in.jsonl", "not JSON\n" + prompts(0..<3))
    let some = try estimate([])
    #expect(some.jobs == 4 && some.left == 3 && some.unusable == 1)
    #expect(some.faults.count == 1 && some.faults[0].hasPrefix("in.jsonl:1: not JSON"))
    let pipe = try folder.nightjar(["estimate", "-", "--provider", "anthropic", "--model", "any"])
    #expect(pipe.status == 64)
    #expect(pipe.errors.contains("pipe"))
  }

  @Test(arguments: [("", 66, "no jobs"), ("{broken}\n", 65, "in.jsonl:1: not JSON")])
  func `an input that comes to nothing is refused`(
    text: String,
    status: Int32,
    words: String
  ) throws {
    try folder.write("in.jsonl", text)
    let ending = try folder.nightjar([
      "estimate", "in.jsonl", "--provider", "anthropic", "--model", "any", "--max-tokens", "9",
    ])
    #expect(ending.status == status)
    #expect(ending.errors.contains(words) && ending.errors.contains("next: "), "\(ending.errors)")
  }

  @Test func `documents are read as jobs`() throws {
    for name in ["a", "b", "c"] {
      try folder.write("texts/\(name).txt", String(repeating: "A line of text.\n", count: 50))
    }
    let ending = try folder.nightjar([
      "estimate", "texts", "--provider", "openai", "--model", "gpt-5-mini", "--json",
    ])
    let estimate = try JSONDecoder().decode(Estimated.self, from: Data(ending.output.utf8))
    #expect(estimate.jobs == 3)
    #expect((500...900).contains(estimate.input_tokens), "\(estimate.input_tokens)")
    #expect(estimate.output_tokens_most == nil && estimate.cost_usd_most == nil)
    #expect(estimate.assumptions.contains { $0.contains("no max_tokens") })
  }
}
