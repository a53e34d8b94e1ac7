import FoundationEssentials
import Jobs
import KeySources
import Runner
import Transport

/// Makes a plan out of flags, environment and job file, in this order of weight.
struct PlanBuilder {
  let input: RunPlan.Input
  let grace: Duration
  let preparer: JobPreparer
  let provider: any Provider
  let endpoints: [Endpoint]
  /// Where keys come from; closed at the end of the run.
  let keySources: KeySources
  let settings: Settings
  private let options: RunCommand
  private let file: JobFile

  init(_ options: RunCommand) throws {
    guard options.keys.refusedKey == nil else {
      throw CLIError(
        "keys are never given on the command line, where every user of the machine can read them",
        next: "name where the key is: --key keystore:ID, vault:MOUNT/PATH#FIELD, aws-sm:ID, "
          + "exec:COMMAND, file:PATH or env:NAME",
        exitCode: 64
      )
    }
    self.options = options
    let isJobFile = options.input.hasSuffix(".yaml") || options.input.hasSuffix(".yml")
    file = isJobFile ? try JobFile(at: options.input) : JobFile()
    settings = Settings(options, file, ProcessInfo.processInfo.environment)
    grace = .seconds(options.pace.grace ?? file.grace?.seconds ?? 30)
    input = try Self.input(isJobFile ? settings.input(of: options.input) : options.input)
    endpoints = try settings.endpoints()
    try settings.checkProxy(for: endpoints)
    keySources = KeySources(
      keystore: Keystore(
        at: settings.keystore(),
        notice: { Console.shared.note("warning: \($0)") }
      ),
      vault: try file.secrets.vault?.settings(environment: KeySources.variable)
    )
    provider = try settings.provider(endpoints: endpoints)
    preparer = JobPreparer(
      provider: provider,
      settings: try settings.prompts(),
      documents: Self.documents(input.source),
      inputName: input.name
    )
  }

  private static func documents(_ source: JobReader.Input) -> DocumentFolder? {
    if case .folder(let folder) = source { return folder }
    return nil
  }

  private static func input(_ name: String) throws -> RunPlan.Input {
    if name == "-" {
      return RunPlan.Input(
        source: .pipe(InputFile(standardInput: ())),
        name: "standard input",
        path: "-"
      )
    }
    let path = URL(fileURLWithPath: name).standardizedFileURL.path
    var isFolder = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if isFolder || (!exists && DocumentFolder.isPattern(name)) {
      let folder = DocumentFolder(path)
      return RunPlan.Input(source: .folder(folder), name: folder.root, path: path)
    }
    return RunPlan.Input(source: .file(try InputFile(path: path)), name: name, path: path)
  }

  /// Where results go, and where the batch lies.
  ///
  /// - Throws: ``CLIError`` where no output is named.
  func files() throws -> RunPlan.Files {
    RunPlan.Files(output: try settings.output(), batch: options.queue ?? file.queue)
  }

  /// The whole plan, with the keys fetched once.
  ///
  /// - Throws: ``CLIError``, ``KeySourceError`` or ``StoreError`` for what cannot work.
  func plan() async throws -> RunPlan {
    let files = try files()
    try Self.refuseForeignOutput(files)
    let concurrency = settings.concurrency()
    let prices = try PricesFile(settings.prices).prices()
    if let model = settings.unpricedModel(in: prices) {
      throw Self.unpriced(model, settings.prices)
    }
    var accounts: [Account] = []
    for description in try settings.accounts(endpoints: endpoints) {
      accounts.append(try await account(description, keySources, concurrency))
    }
    return RunPlan(
      input: input,
      files: files,
      provider: provider,
      preparer: preparer,
      accounts: accounts,
      concurrency: concurrency,
      limit: settings.limit,
      deadlines: settings.deadlines(),
      retries: RetryPolicy(attempts: options.pace.maxAttempts ?? file.maxAttempts ?? 8),
      prices: prices,
      budget: settings.budget,
      hedge: file.hedge,
      giveUpAfter: .seconds(options.pace.giveUpAfter),
      parkFor: options.pace.parkFor.map { .seconds($0) },
      settings: try settings.requests(),
      onChanged: options.changes.onChanged
    )
  }

  private static func unpriced(_ model: String, _ file: String?) -> CLIError {
    CLIError(
      "there is a budget, but no price for the model \(model); nothing was sent",
      at: file,
      next: PricesFile.advice(for: model),
      exitCode: 78
    )
  }

  /// The reference of the key that the first account would use.
  func keyReference() throws -> String {
    try settings.accounts(endpoints: endpoints).first?.keys.first?.description ?? "no key"
  }

  private func account(
    _ description: JobFile.Account,
    _ keySources: KeySources,
    _ concurrency: Int
  ) async throws -> Account {
    let sources = try description.keys.map { reference throws(KeySourceError) in
      try keySources.source(for: reference)
    }
    let keyring = Keyring(sources: sources, policy: file.secrets.policy)
    let patience = options.keys.waitForSecrets.map { .seconds($0) } ?? file.secrets.wait
    try await keyring.load(patience: patience)
    let expected = Double(settings.maxTokens ?? 512) / 2
    return Account(
      name: description.name,
      keyring: keyring,
      endpoints: description.endpoints,
      models: description.models,
      regions: file.regions,
      provider: provider,
      state: AccountState(
        limits: description.limits,
        charges: provider.charges,
        expectedOutput: expected,
        inFlightGuess: settings.isConcurrencyStated ? .max : Settings.cautiousConcurrency,
        endpoints: description.endpoints.count,
        at: .now
      )
    )
  }

  /// A results file without its batch is somebody else's: appending to it would mix two batches.
  private static func refuseForeignOutput(_ files: RunPlan.Files) throws {
    guard !FileManager.default.fileExists(atPath: files.batch) else { return }
    for path in [files.completed, files.failed] {
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

  /// The HTTP client of the run, with room for every connection.
  func client(for plan: RunPlan) throws -> CurlTransport {
    let room = FileLimit.raise(toHold: plan.concurrency)
    if room < plan.concurrency {
      Console.shared.note(
        "this system allows \(room) connections; more requests wait their turn (raise ulimit -n)"
      )
    }
    var configuration = CurlTransport.Configuration()
    configuration.caFile = settings.caFile
    configuration.proxy = settings.proxy
    configuration.maxInFlight = max(1, room)
    return try CurlTransport(configuration)
  }
}
