import Jobs
import KeySources
import Runner

/// Makes the plan of a run out of what `nightjar run` was told.
struct RunBuilder {
  let builder: PlanBuilder
  let limit: Int?
  let budget: USD?
  private let options: RunCommand
  private let file: JobFile

  init(_ options: RunCommand) async throws {
    self.options = options
    let isJobFile = JobFile.isName(options.input)
    file = isJobFile ? try JobFile(at: options.input) : JobFile()
    let settings = try Settings(options.shared, file, at: options.input)
    limit = options.limit ?? file.limit
    guard limit == nil || !options.changes.rerunChanged else {
      throw CLIError.usage(
        "--rerun-changed drops the results of every changed job, also of those above a limit",
        next: "leave the limit out; to see the change on a few jobs first, take another output"
      )
    }
    budget = options.budget ?? file.budget
    let name = isJobFile ? try file.inputName(at: options.input) : options.input
    let batch = options.place.queue ?? file.queue
    let own = (options.place.output ?? file.output).map { BatchFiles(output: $0, batch: batch) }
    let withheld = Self.withheld(settings, own)
    builder = PlanBuilder(
      settings,
      try await options.reading.input(named: name, file, withheld: withheld, numbersRows: true)
    )
  }

  /// What never is a document, though it may lie among them: where keys are, and the run's own files.
  private static func withheld(_ settings: Settings, _ own: BatchFiles?) -> [String] {
    let keys = settings.accounts.flatMap(\.keys).compactMap(\.keyFile)
    let results = [own?.batch, own?.output?.completed, own?.output?.failed].compactMap(\.self)
    return settings.keystore.files + keys + results
  }

  var input: RunInput { builder.input }

  /// Where results go, and where the batch lies.
  ///
  /// - Throws: ``CLIError`` where no output is named.
  func files() throws -> BatchFiles {
    guard let output = options.place.output ?? file.output, !output.isEmpty else {
      throw CLIError.usage(
        "nothing says where the results go",
        next: "name a file for them: -o results.jsonl"
      )
    }
    let batch = options.place.queue ?? file.queue
    guard batch?.isEmpty != true else {
      throw CLIError.usage("the batch has no name", next: "name its file: --queue night.batch")
    }
    guard let stream = OutputFile.stream(named: output) else {
      return BatchFiles(output: output, batch: batch)
    }
    guard !options.shared.json || stream != 1 else {
      throw CLIError.usage("--json and -o - both write to standard output", next: "choose one")
    }
    guard let batch = batch ?? input.batchBeside else {
      throw CLIError.usage(
        "nothing says where the batch lies, from which a run is resumed",
        next: "name a file for it: --queue night.batch"
      )
    }
    return BatchFiles(batch: batch, stream: stream)
  }

  /// The whole plan.
  ///
  /// - Throws: ``CLIError``, ``KeySourceError`` or ``StoreError`` for what cannot work.
  func plan() async throws -> RunPlan {
    let files = try files()
    try OutputCheck(files, input: input).run()
    try await refuseMissingSettings()
    let prices = try prices()
    return try await builder.plan(
      files,
      prices: prices,
      concurrency: builder.settings.pace.concurrency(),
      PlanBuilder.Scope(
        limit: limit,
        budget: budget,
        giveUpAfter: options.giveUpAfter ?? .seconds(60),
        heedsSilence: options.giveUpAfter != nil,
        onChanged: options.changes.onChanged,
        keepsGoing: options.shared.keepGoing,
        isInputMoved: options.changes.inputMoved
      )
    )
  }

  /// A template that is the same for every job is of use only where files are sent beside it.
  func refuseConstantTemplate() async throws {
    guard let fault = builder.settings.prompts.template?.constantFault else { return }
    let hasFiles =
      if case .folder(let folder) = input.source { try? await folder.hasAttachments() } else {
        try await input.beginsWithFiles()
      }
    if hasFiles == true { return }
    throw CLIError(fault, at: options.input)
  }

  /// What no job can do without is missed before anything starts.
  func refuseMissingSettings() async throws {
    let missing = try await builder.preparer.missingSetting(in: input, isBudgeted: budget != nil)
    guard let missing else { return }
    let isJobFile = JobFile.isName(options.input)
    throw CLIError(
      "\(missing.words); nothing was sent",
      at: isJobFile ? options.input : nil,
      next: missing.advice,
      exitCode: isJobFile ? 78 : 64
    )
  }

  /// Says so where parameters are stated for lines that they do not touch.
  func tellOfUntouchedLines() async throws {
    guard !builder.settings.prompts.parameters.isEmpty, try await input.beginsWithBatchLine() else {
      return
    }
    Console.shared.note(
      "warning: \(input.name) begins with a batch line, and such lines are sent as they are: `params` "
        + "and `schema` are for plain prompts"
    )
  }

  /// What models cost.
  ///
  /// - Throws: ``CLIError`` where the prices cannot be read, or a budget misses one.
  func prices() throws -> Prices {
    let prices = try PricesFile(builder.settings.prices).prices()
    try refuseUnpriced(in: prices)
    return prices
  }

  /// A budget needs to know what the plain prompts cost.
  private func refuseUnpriced(in prices: Prices) throws {
    guard budget != nil, let model = builder.settings.model, prices[model] == nil else { return }
    throw CLIError(
      "there is a budget, but no price for the model \(model); nothing was sent",
      at: builder.settings.prices,
      next: PricesFile.advice(for: model),
      exitCode: 78
    )
  }
}
