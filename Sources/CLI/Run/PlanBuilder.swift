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
  private let options: SharedOptions
  private let file: JobFile

  /// - Parameter place: of the job file, for messages.
  init(
    _ options: SharedOptions,
    _ file: JobFile,
    at place: String?,
    input: RunPlan.Input
  ) throws {
    self.options = options
    self.file = file
    self.input = input
    settings = Settings(options, file, at: place, ProcessInfo.processInfo.environment)
    grace = .seconds(options.pace.grace ?? file.grace?.seconds ?? 30)
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

  private static func documents(_ source: InputSource) -> DocumentFolder? {
    if case .folder(let folder) = source { return folder }
    return nil
  }

  /// What a run and a worker have in common, with the keys fetched once.
  ///
  /// - Throws: ``CLIError``, ``KeySourceError`` or ``StoreError`` for what cannot work.
  func plan(
    _ files: RunPlan.Files,
    prices: Prices,
    concurrency: Int
  ) async throws -> RunPlan {
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
      deadlines: settings.deadlines(),
      retries: RetryPolicy(attempts: options.pace.maxAttempts ?? file.maxAttempts ?? 8),
      prices: prices,
      parkFor: options.pace.parkFor.map { .seconds($0) },
      onUnknown: options.onUnknown ?? file.onUnknown ?? .resend,
      settings: try settings.requests()
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
