import ArgumentParser
import Jobs
import Runner

/// Where the results of a run go.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: "Where results go, - for standard output; not needed with a job file.",
    completion: .file()
  )
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The batch file, where it should not lie beside the results.",
      valueName: "path"
    ),
    completion: .file()
  )
  var queue: String?
}

/// `nightjar run`: runs a batch, or resumes it.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a batch of prompts, or resume it.",
    discussion: """
      INPUT is a job file (.yaml), a .jsonl, .csv or .tsv file, a folder of documents, or - for \
      standard input. Lines may be plain ({"id": …, "prompt": …}), OpenAI's batch format \
      (custom_id, url, body) or Anthropic's (custom_id, params); the columns of a table are the \
      fields of plain lines; a folder, or a pattern such as 'docs/**/*.{txt,pdf}', gives a job for \
      each document: a text goes into the template, a PDF, PNG, JPEG, WebP or GIF is sent as it is. \
      Links in it are read where they stay inside; what is left out is said.

        export ANTHROPIC_API_KEY=…
        nightjar run prompts.jsonl -o results.jsonl --provider anthropic \\
          --model claude-opus-4-6 --max-tokens 512 --key env:ANTHROPIC_API_KEY

      Results appear in results.jsonl as they become durable, failed jobs in \
      results.failed.jsonl, a file that can be run again as it is. results.jsonl.nightjar is the \
      batch: while it is there, the same command resumes, and nothing that was answered is asked \
      for again. With -o - results go to standard output and the batch lies beside the input \
      (prompts.jsonl.batch); a run that is resumed writes those it has first.

      What else the provider's API takes goes into plain prompts by --param temperature=0.2, \
      'params' in the job file or "params" in a line; batch lines are sent as they are.

      No file is overwritten that is not the batch's own, and no link, pipe, device or folder.

      The input may change meanwhile: new lines are queued, changed ones count where their job is \
      not completed (a failed one is tried again), and results whose line is gone are kept. Where \
      the line, document, model, system prompt or template of completed jobs has changed, the run \
      is refused with a list, until --allow-changed keeps their results or --rerun-changed does \
      them again. Another stream on standard input is refused while jobs of the last one are left. An \
      input that was moved, alone or with its folder, is known by what it holds; \
      --input-moved says that it is the same where it has changed too.

      Keys may be rotated or revoked while it runs: files and the keystore are watched, secret \
      stores are asked once a minute and whenever a key is refused. Jobs wait for a good key and \
      are not charged for a bad one; results.jsonl.nightjar-audit says which key served what. Vault \
      is set up by VAULT_ADDR and so on or by the job file's 'secrets', AWS as for its own tools.

      --budget 20 is a hard cap in dollars on all that the batch ever spends: the most that each request \
      can cost is set aside before it leaves, and where that no longer fits, the run stops with 75; \
      raise the budget and run the same command to go on. 'nightjar estimate' says before a run \
      what it will cost.

      ^C lets what is in flight end and stops; a second ^C cuts it off. Neither loses a job.

      Flags beat the environment (NIGHTJAR_PROVIDER, NIGHTJAR_BASE_URL, NIGHTJAR_MODEL, \
      NIGHTJAR_CONCURRENCY, NIGHTJAR_KEYSTORE, NIGHTJAR_IDENTITY), which beats the job file. \
      Where nothing names an address, ANTHROPIC_BASE_URL or OPENAI_BASE_URL does.
      """
  )

  @Argument(
    help: "A job file (.yaml), a .jsonl, .csv or .tsv file, a folder, or - for standard input.",
    completion: .file()
  )
  var input: String

  @OptionGroup(title: "Output") var place: OutputOptions

  @OptionGroup var shared: SharedOptions

  @Option(
    help: "Run only the first so many jobs of the input; those behind them wait for another run.",
    transform: SettingValue.count.flag
  )
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "Stop before the batch has cost more, over all its runs; finished jobs stay finished.",
      valueName: "usd"
    ),
    transform: USD.flag
  )
  var budget: USD?

  @Option(
    help: """
      Seconds after which a run gives up if nothing ever answered. (default: 60, where requests have \
      failed; the first ones that are still waited for may take longer)
      """,
    transform: SettingValue.seconds.flag
  )
  var giveUpAfter: Duration?

  @OptionGroup(title: "Input") var reading: InputOptions

  @OptionGroup(title: "When the input changes") var changes: ChangeOptions

  @Flag(help: "Print the first requests as they would be sent, and send nothing.")
  var dryRun = false

  @Flag(help: "Refuse an input that has any bad line, before anything is sent.")
  var strict = false

  func validate() throws {
    guard budget.map({ $0 > .zero }) ?? true else {
      throw ValidationError("--budget must be more than 0 dollars")
    }
  }

  mutating func run() async throws {
    let builder = try await RunBuilder(self)
    try await builder.input.refuseForeignFormat()
    try await builder.refuseConstantTemplate()
    try await builder.tellOfUntouchedLines()
    if strict {
      try await builder.input.refuseBadLines(builder.builder.settings.prompts)
    }
    if dryRun { return try await DryRun(builder.builder).print() }
    if try FileKind(at: builder.files().batch) == .absent, try await builder.input.isBlank() {
      throw RunOutcome.noJobs
    }
    if let limit, !shared.quiet {
      Console.shared.note(
        "--limit: only the first \(jobs(limit)) of the input; the command without it does the rest"
      )
    }
    try await AttendedRun(builder.builder, shared).carryOut { try await builder.plan() }
  }
}
