import ArgumentParser
import FoundationEssentials
import Jobs
import Runner

/// `nightjar work`: a worker of a queue.
struct WorkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "work",
    abstract: "Work on a queue that others may share.",
    discussion: """
      Takes jobs from a queue, a few at a time, until ^C or TERM; any number of workers on this \
      machine may share one queue, each with keys and limits of its own. --until-empty ends when \
      every job has its result, also those that other workers hold:

        nightjar enqueue prompts.jsonl --queue night.queue
        nightjar work --queue night.queue --until-empty --provider anthropic \\
          --model claude-opus-4-6 --max-tokens 512 --key keystore:anthropic
        nightjar export night.queue -o night.jsonl

      A worker that dies is noticed at once, one that is frozen when its lease is over; its jobs go \
      to the others, and what it sends after that changes nothing. Its requests in flight may have \
      been billed without an answer: they are counted as unknown and sent again, or kept back with \
      --on-unknown hold until 'nightjar retry --unknown'.

      A worker parks and waits where no key can be used or no endpoint answers. 'nightjar pause', \
      'resume' and 'drain' steer all workers of a queue from another terminal.

      The limits of an account are each worker's own: give each a share. A budget holds for one \
      process, so it belongs to 'run'.
      """
  )

  @Argument(
    help: "A job file (.yaml), for provider, prompt, accounts and so on.",
    completion: .file()
  )
  var spec: String?

  @OptionGroup var queue: QueueOption

  @Flag(help: "End when nobody has anything left to do.")
  var untilEmpty = false

  @Option(
    help: ArgumentHelp(
      "How long a worker that is not heard of keeps its jobs. (default: 30)",
      valueName: "seconds"
    ),
    transform: SettingValue.lease.flag
  )
  var lease: Duration?

  @OptionGroup var shared: SharedOptions

  @Option(help: .hidden, transform: USD.flag)
  var budget: USD?

  mutating func run() async throws {
    let file = try spec.map { try JobFile(at: $0) } ?? JobFile()
    let settings = try Settings(shared, file, at: spec)
    if let fault = settings.prompts.template?.constantFault { throw CLIError(fault, at: spec) }
    try refuseBudget(file)
    let path = try queue.path(file)
    if untilEmpty { try Self.refuseMissing(path) }
    if !FileManager.default.fileExists(atPath: path) {
      Console.shared.log(
        "warning: there is no queue \(path) yet; an empty one is made, and waits for jobs "
          + "(`nightjar enqueue INPUT --queue \(path)`)"
      )
    }
    let input = RunInput(source: .queue, name: path, path: path)
    let builder = PlanBuilder(settings, input)
    try await AttendedRun(builder, shared).carryOut { try await plan(builder, file, path) }
  }

  /// What one worker holds, others cannot take, so it starts with less than a run.
  private func plan(_ builder: PlanBuilder, _ file: JobFile, _ path: String) async throws
    -> RunPlan
  {
    try await builder.plan(
      BatchFiles(batch: path),
      prices: try PricesFile(builder.settings.prices).prices(),
      concurrency: builder.settings.pace.concurrency(
        unstated: Settings.Pace.cautiousConcurrency
      ),
      PlanBuilder.Scope(
        giveUpAfter: nil,
        lease: lease ?? file.lease ?? .seconds(30),
        untilEmpty: untilEmpty,
        keepsGoing: shared.keepGoing
      )
    )
  }

  /// Every worker would spend the whole budget, as none knows what the others spend.
  private func refuseBudget(_ file: JobFile) throws {
    guard budget != nil || file.budget != nil else { return }
    throw CLIError(
      "a budget holds for one process only, and a queue may have any number of workers",
      at: budget == nil ? spec : nil,
      next: "leave the budget out, or use `nightjar run`, which keeps it",
      exitCode: budget == nil ? 78 : 64
    )
  }

  /// A queue that ends when it is empty has to be there: a mistyped name would end at once.
  private static func refuseMissing(_ path: String) throws {
    guard !FileManager.default.fileExists(atPath: path) else { return }
    throw CLIError(
      "there is no queue here",
      at: path,
      next: "check the name, or add jobs with `nightjar enqueue INPUT --queue \(path)`",
      exitCode: 66
    )
  }
}
