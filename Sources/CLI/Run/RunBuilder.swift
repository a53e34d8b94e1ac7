import FoundationEssentials
import Jobs
import Runner

/// Makes the plan of a run out of what `nightjar run` was told.
struct RunBuilder {
  let builder: PlanBuilder
  let limit: Int?
  let budget: USD?
  private let options: RunCommand
  private let file: JobFile

  init(_ options: RunCommand) throws {
    self.options = options
    let isJobFile = JobFile.isName(options.input)
    file = isJobFile ? try JobFile(at: options.input) : JobFile()
    let settings = try Settings(options.shared, file, at: options.input)
    limit = options.limit ?? file.limit
    budget = options.budget ?? file.budget
    let name = isJobFile ? try file.inputName(at: options.input) : options.input
    builder = PlanBuilder(settings, try RunInput(named: name))
  }

  var input: RunInput { builder.input }

  /// Where results go, and where the batch lies.
  ///
  /// - Throws: ``CLIError`` where no output is named.
  func files() throws -> BatchFiles {
    guard let output = options.output ?? file.output else {
      throw CLIError.usage(
        "nothing says where the results go",
        next: "name a file for them: -o results.jsonl"
      )
    }
    return BatchFiles(output: output, batch: options.queue ?? file.queue)
  }

  /// The whole plan.
  ///
  /// - Throws: ``CLIError``, ``KeySourceError`` or ``StoreError`` for what cannot work.
  func plan() async throws -> RunPlan {
    let files = try files()
    try Self.refuseForeignOutput(files)
    let prices = try PricesFile(builder.settings.prices).prices()
    try refuseUnpriced(in: prices)
    return try await builder.plan(
      files,
      prices: prices,
      concurrency: builder.settings.pace.concurrency(),
      PlanBuilder.Scope(
        limit: limit,
        budget: budget,
        giveUpAfter: options.giveUpAfter ?? .seconds(60),
        onChanged: options.changes.onChanged
      )
    )
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

  /// A results file without its batch is somebody else's: appending to it would mix two batches.
  private static func refuseForeignOutput(_ files: BatchFiles) throws {
    guard let output = files.output, !FileManager.default.fileExists(atPath: files.batch) else {
      return
    }
    for path in [output.completed, output.failed] {
      let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      guard let size, size > 0 else { continue }
      throw CLIError(
        "the results file is there already, but not the batch it belongs to",
        at: path,
        next: "choose another output, or move the file away",
        exitCode: 73
      )
    }
  }
}
