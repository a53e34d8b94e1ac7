import Foundation
import Testing

/// What a batch costs, and the budget that it never exceeds.
struct BudgetTests {
  private static let prices = """
    # The simulator's models, in dollars for a million tokens.
    any: {input: 10, output: 50}

    """

  private struct Batch {
    let folder: Scratch
    let provider: Provider
    let run: [String]

    init(jobs: Int, _ simulator: [String] = [], flags: [String] = []) throws {
      folder = try Scratch()
      provider = try Provider(
        ["--output-tokens", "20-60", "--latency", "uniform:10ms-50ms"] + simulator,
        in: folder
      )
      try folder.write("in.jsonl", prompts(0..<jobs))
      try folder.write("prices.yaml", BudgetTests.prices)
      run =
        ["run", "in.jsonl", "-o", "out.jsonl", "--prices", "prices.yaml"] + provider.flags() + flags
    }

    /// What the provider has seen, in dollars.
    var billed: Double {
      provider.requests.reduce(0) {
        $0 + Double($1.input_tokens) * 10e-6 + Double($1.output_tokens) * 50e-6
      }
    }

    func run(budget: Double) throws -> Program.Ending {
      try folder.nightjar(run + ["--budget", "\(budget)"])
    }
  }

  @Test func `a budget is a hard cap, and used up`() throws {
    let batch = try Batch(jobs: 500)
    let ending = try batch.run(budget: 0.25)
    #expect(ending.status == 75)
    #expect(batch.billed <= 0.25)
    #expect(batch.billed >= 0.25 * 0.95, "only \(batch.billed)")
    let report = try ending.report()
    #expect(report.stopped == "budget")
    #expect(report.budget_usd == 0.25)
    #expect(report.failed == 0)
    #expect(abs((report.cost_usd ?? 0) - batch.billed) < 1e-9)
    #expect(ending.errors.contains("of $0.25 spent"), "\(ending.errors)")
    #expect(ending.errors.contains("\(report.pending) jobs are left"), "\(ending.errors)")
    #expect(ending.errors.contains("raise the budget"), "\(ending.errors)")
  }

  @Test(arguments: [("flex", 0.5), ("priority", 2), ("default", 1)])
  func `a service tier costs what its answers say`(_ tier: String, _ factor: Double) throws {
    let batch = try Batch(jobs: 20)
    try batch.folder.write("prices.yaml", "any: {input: 10, output: 50, flex: 0.5, priority: 2}\n")
    let flags = ["--prices", "prices.yaml", "--param", "service_tier=\(tier)"]
    let run =
      ["run", "in.jsonl", "-o", "out.jsonl"] + batch.provider.flags("openai") + flags
      + ["--budget", "1"]
    let ending = try batch.folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    let cost = try ending.report().cost_usd ?? 0
    #expect(abs(cost - batch.billed * factor) < 1e-6, "\(cost) for \(batch.billed)")
  }

  @Test func `a dear service tier without a price is sent under no budget`() throws {
    let batch = try Batch(jobs: 2)
    let flags = ["--prices", "prices.yaml", "--param", "service_tier=priority", "--budget", "1"]
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + batch.provider.flags("openai") + flags
    let ending = try batch.folder.nightjar(run)
    #expect(ending.status == 1, "\(ending.errors)")
    #expect(batch.provider.requests.isEmpty)
    #expect(batch.folder.read("out.failed.jsonl").contains("add `priority: 2`"))
  }

  @Test func `a command that states no budget where there was one says so, and goes on`() throws {
    let batch = try Batch(jobs: 60)
    #expect(try batch.run(budget: 0.05).status == 75)
    let ending = try batch.folder.nightjar(batch.run)
    #expect(ending.status == 0)
    let words = "there was a budget of $0.05, and this command states none"
    #expect(ending.errors.contains(words), "\(ending.errors)")
    #expect(try !batch.folder.nightjar(batch.run).errors.contains("budget"))
  }

  @Test func `a raised budget finishes the batch, and each job says what it cost`() throws {
    let batch = try Batch(jobs: 60)
    #expect(try batch.run(budget: 0.05).status == 75)
    #expect(try batch.run(budget: 0.05).status == 75)
    #expect(batch.billed <= 0.05)
    let ending = try batch.run(budget: 5)
    #expect(ending.status == 0, "\(ending.errors)")
    try batch.folder.expectResults(0..<60)
    #expect(batch.provider.requests.count == 60)
    let costs = try batch.folder.results().map { result -> Double in
      let note = result.nightjar
      let cost =
        Double(note.usage.input_tokens) * 10e-6 + Double(note.usage.output_tokens) * 50e-6
      #expect(abs((note.cost_usd ?? 0) - cost) < 1e-12)
      return cost
    }
    let report = try batch.folder.nightjar(["status", "out.jsonl", "--json"]).report()
    #expect(abs((report.cost_usd ?? 0) - costs.reduce(0, +)) < 1e-9)
    let text = try batch.folder.nightjar(["status", "out.jsonl"]).output
    #expect(text.contains("; $0."), "\(text)")
  }

  @Test func `a budget holds through kills`() throws {
    let batch = try Batch(jobs: 500, flags: ["--concurrency", "20"])
    for lines in [10, 40, 70] {
      let program = try Program(batch.run + ["--budget", "0.4"], in: batch.folder)
      try batch.folder.wait(for: "\(lines) results") {
        batch.folder.lines("out.jsonl").count >= lines
      }
      program.send(signal: SIGKILL)
      _ = program.ending()
    }
    let ending = try batch.run(budget: 0.4)
    #expect(ending.status == 75)
    let report = try ending.report()
    let counted = (report.cost_usd ?? 0) + (report.unanswered_usd ?? 0)
    #expect(batch.billed <= counted)
    #expect(counted <= 0.4)
    #expect(counted >= 0.4 * 0.95)
    #expect(report.unanswered_usd ?? 0 > 0)
  }

  @Test func `a budget holds when answers get lost`() throws {
    let faults = ["reset=0.05", "truncate=0.05", "malformed=0.05", "hang=0.05", "500=0.05"]
    let batch = try Batch(
      jobs: 500,
      faults.flatMap { ["--fault", $0] },
      flags: ["--timeout", "2"]
    )
    let ending = try batch.run(budget: 0.25)
    #expect(ending.status == 75, "\(ending.errors)")
    let report = try ending.report()
    #expect(report.failed == 0)
    let counted = (report.cost_usd ?? 0) + (report.unanswered_usd ?? 0)
    #expect(batch.billed <= counted)
    #expect(counted <= 0.25)
    #expect(counted >= 0.25 * 0.95)
  }

  @Test func `a model without a price is told before anything is sent`() throws {
    let batch = try Batch(jobs: 5)
    try batch.folder.write("prices.yaml", "other: {input: 1, output: 2}\n")
    let ending = try batch.run(budget: 1)
    #expect(ending.status == 78)
    #expect(ending.errors.contains("no price for the model any"), "\(ending.errors)")
    #expect(ending.errors.contains("any: {input: …, output: …}"), "\(ending.errors)")
    #expect(batch.provider.requests.isEmpty)
    let line = #"{"custom_id":"1","params":{"model":"third","max_tokens":9,"messages":[]}}"#
    try batch.folder.write("in.jsonl", line + "\n")
    try batch.folder.write("prices.yaml", BudgetTests.prices)
    let native = try batch.run(budget: 1)
    #expect(native.status == 78)
    #expect(native.errors.contains("no price for the model third"), "\(native.errors)")
    #expect(batch.provider.requests.isEmpty)
  }

  @Test func `without a price the cost is unknown, not nothing`() throws {
    let batch = try Batch(jobs: 3)
    try batch.folder.write("prices.yaml", "other: {input: 1, output: 2}\n")
    let ending = try batch.folder.nightjar(batch.run)
    #expect(ending.status == 0)
    #expect(ending.output.contains(#""cost_usd":null"#), "\(ending.output)")
    #expect(ending.errors.contains("cost unknown"), "\(ending.errors)")
    #expect(try batch.folder.results().allSatisfy { $0.nightjar.cost_usd == nil })
    #expect(batch.folder.lines("out.jsonl").allSatisfy { $0.contains(#""cost_usd":null"#) })
  }

  @Test func `a job whose cost nothing bounds fails under a budget`() throws {
    let batch = try Batch(jobs: 0)
    try batch.folder.write("prices.yaml", BudgetTests.prices)
    let lines = [
      #"{"custom_id":"open","method":"POST","url":"/v1/chat/completions","body":{"model":"any","messages":[]}}"#,
      #"{"custom_id":"ok","method":"POST","url":"/v1/embeddings","body":{"model":"any","input":"Hello"}}"#,
    ]
    try batch.folder.write("in.jsonl", lines.joined(separator: "\n") + "\n")
    let flags = batch.run.map { $0 == "anthropic" ? "openai" : $0 }
    let ending = try batch.folder.nightjar(flags + ["--budget", "1"])
    #expect(ending.status == 1, "\(ending.errors)")
    let failure = try #require(try batch.folder.failures().first)
    #expect(failure.custom_id == "open")
    #expect(failure.error.message.contains("--max-tokens"), "\(failure.error.message)")
  }

  @Test func `a budget is refused where plain prompts have no bound`() throws {
    let batch = try Batch(jobs: 3)
    let place = batch.run.firstIndex(of: "--max-tokens") ?? 0
    let flags = batch.run.map { $0 == "anthropic" ? "openai" : $0 }
    let ending = try batch.folder.nightjar(
      flags[..<place] + flags[(place + 2)...] + ["--budget", "1"]
    )
    #expect(ending.status == 64, "\(ending.errors)")
    #expect(ending.errors.contains("a budget needs to know the most tokens of an answer"))
    #expect(ending.errors.contains("--max-tokens") && !batch.folder.exists("out.jsonl"))
  }

  @Test func `the job file can hold the budget and name the prices`() throws {
    let batch = try Batch(jobs: 100)
    let file = """
      input: in.jsonl
      output: out.jsonl
      provider: anthropic
      model: any
      max_tokens: 64
      base_url: \(batch.provider.url)
      key: env:REHEARSAL
      prices: prices.yaml
      budget: 0.05
      """
    try batch.folder.write("jobs.yaml", file)
    let ending = try batch.folder.nightjar(["run", "jobs.yaml", "--json"])
    #expect(ending.status == 75, "\(ending.errors)")
    #expect(try ending.report().budget_usd == 0.05)
    try batch.folder.write("jobs.yaml", file.replacing("0.05", with: "much"))
    let wrong = try batch.folder.nightjar(["run", "jobs.yaml", "--json"])
    #expect(wrong.status == 78)
    #expect(wrong.errors.contains("jobs.yaml:9"), "\(wrong.errors)")
  }

  @Test func `the prices in use are printed as a file to edit`() throws {
    let folder = try Scratch()
    let builtIn = try folder.nightjar(["prices"])
    #expect(builtIn.output.contains("claude-opus-4-6: {input: 5"))
    try folder.write(".config/nightjar/prices.yaml", "my-model: {input: 0.125, output: 1}\n")
    let own = try folder.nightjar(["prices"]).output
    #expect(own.contains("my-model: {input: 0.125, output: 1}"))
    #expect(own.contains("claude-opus-4-6: {input: 5, output: 25, cache_read: 0.5"))
    try folder.write("again.yaml", own)
    #expect(try folder.nightjar(["prices", "--prices", "again.yaml"]).status == 0)
    try folder.write("bad.yaml", "my-model:\n  inputs: 1\n")
    let bad = try folder.nightjar(["prices", "--prices", "bad.yaml"])
    #expect(bad.status == 78)
    #expect(bad.errors.contains("bad.yaml:2"), "\(bad.errors)")
  }
}
