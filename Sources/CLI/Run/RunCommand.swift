import ArgumentParser
import Glibc
import Jobs
import KeySources
import Logging
import Runner
import Transport

/// `nightjar run`: runs a batch, or resumes it.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a batch of prompts, or resume it.",
    discussion: """
      INPUT is a job file (.yaml), a .jsonl file, a folder of documents, or - for standard input. \
      Lines may be plain ({"id": …, "prompt": …}), OpenAI's batch format (custom_id, url, body) or \
      Anthropic's (custom_id, params); a folder gives a job for each document.

        export ANTHROPIC_API_KEY=…
        nightjar run prompts.jsonl -o results.jsonl --provider anthropic \\
          --model claude-opus-4-6 --max-tokens 512 --key env:ANTHROPIC_API_KEY

      Results appear in results.jsonl as they become durable, failed jobs in \
      results.failed.jsonl, a file that can be run again as it is. results.jsonl.nightjar is the \
      batch: while it is there, the same command resumes, and nothing that was answered is asked \
      for again.

      The input may change meanwhile: new lines are queued, changed ones count where their job is \
      not completed (a failed one is tried again), and results whose line is gone are kept. Where \
      the line, document, model, system prompt or template of completed jobs has changed, the run \
      is refused with a list, until --allow-changed keeps their results or --rerun-changed does \
      them again.

      Keys may be rotated or revoked while it runs: files and the keystore are watched, secret \
      stores are asked once a minute and whenever a key is refused. Jobs wait for a good key and \
      are not charged for a bad one; results.jsonl.nightjar-audit says which key served what. Vault \
      is set up by VAULT_ADDR and so on or by the job file's 'secrets', AWS as for its own tools.

      --budget 20 is a hard cap in dollars over the life of the batch: the most that each request \
      can cost is set aside before it leaves, and where that no longer fits, the run stops with 75; \
      raise the budget and run the same command to go on. 'nightjar estimate' says before a run \
      what it will cost.

      ^C lets what is in flight end and stops; a second ^C cuts it off. Neither loses a job.

      Flags beat the environment (NIGHTJAR_PROVIDER, NIGHTJAR_BASE_URL, NIGHTJAR_MODEL, \
      NIGHTJAR_CONCURRENCY, NIGHTJAR_KEYSTORE, NIGHTJAR_IDENTITY), which beats the job file.
      """
  )

  @Argument(help: "A job file (.yaml), a .jsonl file, a folder, or - for standard input.")
  var input: String

  @Option(name: .shortAndLong, help: "Where results go; not needed with a job file.")
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The batch file, where it should not lie beside the results.",
      valueName: "path"
    )
  )
  var queue: String?

  @OptionGroup(title: "Provider") var provider: ProviderOptions
  @OptionGroup(title: "Keys") var keys: KeyOptions
  @OptionGroup(title: "Keystore") var keystore: KeystoreOptions
  @OptionGroup(title: "Pace") var pace: PaceOptions
  @OptionGroup(title: "Money") var money: MoneyOptions
  @OptionGroup(title: "When the input changes") var changes: ChangeOptions

  @Flag(help: "Print the first requests as they would be sent, and send nothing.")
  var dryRun = false

  @Flag(help: "Refuse an input that has any bad line, before anything is sent.")
  var strict = false

  @Flag(help: "Print the final report on standard output as JSON.")
  var json = false

  @Flag(help: "Print every ten seconds how the pacer sees the limits of each account and model.")
  var explain = false

  @Flag(help: "Print no progress.")
  var quiet = false

  @Option(help: "trace, debug, info, notice, warning or error.")
  var logLevel = "notice"

  mutating func run() async throws {
    guard let level = Logger.Level(rawValue: logLevel) else {
      throw CLIError.usage("--log-level must be trace, debug, info, notice, warning or error")
    }
    let builder = try PlanBuilder(self)
    if strict { try await refuseBadLines(builder) }
    if dryRun { return try await DryRun(builder).print() }
    do {
      try await carryOut(builder, level)
    } catch {
      await builder.keySources.close()
      throw error
    }
    await builder.keySources.close()
  }

  private func carryOut(_ builder: PlanBuilder, _ level: Logger.Level) async throws {
    let plan = try await builder.plan()
    let client = try builder.client(for: plan)
    let run = try await BatchRun(
      plan,
      client: client,
      sinks: [EventLog(level: quiet ? max(level, .warning) : level)]
    )
    let report = try await attended(run, plan: plan, grace: builder.grace)
    await client.shutdown()
    try conclude(report, files: plan.files)
  }

  private func refuseBadLines(_ builder: PlanBuilder) async throws {
    guard case .file(let file) = builder.input.source else {
      throw CLIError.usage("--strict needs a .jsonl input, which it reads twice")
    }
    let (count, first) = try await JobReader.check(file, name: builder.input.name)
    guard let first else { return }
    throw CLIError(
      "the input has \(count) bad \(count == 1 ? "line" : "lines"); nothing was sent",
      at: first,
      next: "correct them, or run without --strict: only they will fail",
      exitCode: 65
    )
  }

  /// Runs with progress on the screen and the signals of the user heard.
  private func attended(_ run: BatchRun, plan: RunPlan, grace: Duration) async throws -> RunReport {
    let unknown = run.remains.unknown.count
    if unknown > 0 {
      Console.shared.note(
        "resuming: \(unknown) requests were on their way when the last run ended; they may "
          + "have been billed and are sent again"
      )
    }
    if let text = run.news.text { Console.shared.note(text) }
    let signals = SignalWatch(run, grace: grace)
    let progress = quiet ? nil : ProgressPrinter(run.progress, explained: explain)
    defer {
      progress?.stop()
      signals.stop()
    }
    return try await run.execute()
  }

  /// Tells how the run ended and leaves with the exit status that says so.
  private func conclude(_ report: RunReport, files: RunPlan.Files) throws {
    if json { printResult(report.json) }
    let outcome = RunOutcome(report, files: files)
    if !quiet || outcome.exitCode > 1 { outcome.tell() }
    if outcome.exitCode != 0 { throw ExitCode(outcome.exitCode) }
  }
}
