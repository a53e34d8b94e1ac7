import ArgumentParser
import Jobs
import KeySources
import Runner

/// `nightjar estimate`: what a run will take, before it is run.
struct EstimateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Say what a run will cost and how long it will take; spends nothing.",
    discussion: """
      Takes what 'run' takes, reads the input as it would, and adds up jobs, tokens, cost and time, \
      each with what was assumed. It sends nothing and needs no key:

        nightjar estimate jobs.yaml
        nightjar estimate prompts.jsonl --provider anthropic \\
          --model claude-opus-4-6 --max-tokens 512 --rpm 4000

      'At most' holds where the prices are right and no answer gets lost: it is a token for every \
      byte that is sent, and every answer as long as it may be. What is expected is a guess until \
      the batch has 20 answers, and then goes by their average. 'nightjar prices' prints the prices.

      Of a batch that was begun it counts what 'run' with the same flags would send: also what \
      --rerun-changed does again, and where 'run' would be refused for a change, so is this.
      """
  )

  @OptionGroup var run: RunCommand

  mutating func run() async throws {
    let plan = try await RunBuilder(run)
    let builder = plan.builder
    if case .pipe = builder.input.source {
      throw CLIError.usage(
        "estimate reads the input without running it, so it cannot be a pipe or a database",
        next: "write the input to a file, and give that one to 'run' too"
      )
    }
    try await builder.input.refuseForeignFormat()
    try await plan.refuseConstantTemplate()
    try await plan.refuseMissingSettings()
    let prices = try plan.prices()
    let batch = try Self.batch(plan)
    let summary = try? batch?.summary()
    var estimate = try await Estimator(
      builder.input,
      preparer: builder.preparer,
      provider: builder.settings.provider,
      prices: prices,
      limit: plan.limit
    ).estimate(Estimate.Expectation(summary))
    try Self.refuseHopeless(estimate)
    if let batch { estimate.leaveOut(finished: try await finished(of: batch, plan)) }
    let concurrency = builder.settings.pace.concurrency()
    let text = EstimateText(
      estimate,
      spent: summary,
      time: estimate.time(
        limits: builder.settings.accounts.map(\.limits),
        concurrency: concurrency
      ),
      concurrency: concurrency,
      budget: plan.budget
    )
    printResult(run.shared.json ? text.json : text.lines)
    await builder.keySources.close()
  }

  /// The batch of this run, if it was begun before.
  private static func batch(_ plan: RunBuilder) throws -> (any BatchInspector)? {
    guard let files = try? plan.files() else { return nil }
    try OutputCheck(files, input: plan.builder.input).run()
    return try? Batches.inspect(files.batch)
  }

  /// How many jobs a run with these flags would leave as they are; nobody is asked for that.
  private func finished(of batch: any BatchInspector, _ plan: RunBuilder) async throws -> Int {
    let builder = plan.builder
    return try await ResumeForecast(
      batch,
      input: builder.input,
      settings: builder.requests,
      limit: plan.limit,
      onChanged: run.changes.rerunChanged ? .rerun { _ in true } : run.changes.onChanged
    ).finished()
  }

  /// A run of such an input would come to nothing.
  private static func refuseHopeless(_ estimate: Estimate) throws {
    if estimate.jobs == 0 { throw RunOutcome.noJobs }
    guard estimate.unusable == estimate.jobs else { return }
    throw CLIError(
      "none of the \(estimate.jobs) jobs of the input can be sent",
      at: estimate.faults.first,
      next: "correct the lines, or see with 'nightjar run --help' what a line looks like",
      exitCode: 65
    )
  }
}
