import Jobs
import KeySources
import Runner
import Transport

/// Makes a plan out of the settings, and what carries it out.
struct PlanBuilder {
  /// What is left to one command to say.
  struct Scope {
    var limit: Int?
    var budget: USD?
    var giveUpAfter: Duration?
    var heedsSilence = false
    var lease: Duration = .seconds(30)
    var untilEmpty = false
    var onChanged = OnChanged.refuse
    var keepsGoing = false
    var isInputMoved = false
  }

  let settings: Settings
  let input: RunInput
  let preparer: JobPreparer
  /// Where keys come from; closed at the end of the run.
  let keySources: KeySources

  init(_ settings: Settings, _ input: RunInput) {
    self.settings = settings
    self.input = input
    keySources = settings.keySources()
    preparer = JobPreparer(
      provider: settings.provider,
      settings: settings.prompts,
      documents: Self.documents(input.source),
      files: input.files,
      inputName: input.name,
      idField: input.idField
    )
  }

  /// What goes into every request that a line or document does not say itself.
  var requests: RequestSettings { settings.requests.naming(idField: input.idField) }

  private static func documents(_ source: InputSource) -> DocumentFolder? {
    if case .folder(let folder) = source { return folder }
    return nil
  }

  /// The whole plan, with the keys fetched once.
  ///
  /// - Throws: ``CLIError``, ``KeySourceError`` or ``StoreError`` for what cannot work.
  func plan(
    _ files: BatchFiles,
    prices: Prices,
    concurrency: Int,
    _ scope: Scope
  ) async throws -> RunPlan {
    for endpoint in settings.accounts.flatMap(\.endpoints) where endpoint.isExposed {
      Console.shared.note(
        "warning: requests to \(endpoint) are not encrypted: whoever is on the network between can "
          + "read prompts, answers and the key"
      )
    }
    var accounts: [Account] = []
    var routes = RouteHandles(settings.routes)
    for description in settings.accounts {
      let own = try await routes.handles(to: description.endpoints, from: keySources)
      accounts.append(try await account(description, by: own))
    }
    return RunPlan(
      input: input,
      files: files,
      provider: settings.provider,
      preparer: preparer,
      accounts: accounts,
      concurrency: concurrency,
      memory: settings.pace.memory,
      limit: scope.limit,
      deadlines: settings.pace.deadlines,
      retries: settings.pace.retries,
      prices: prices,
      budget: scope.budget,
      giveUpAfter: scope.giveUpAfter,
      heedsSilence: scope.heedsSilence,
      parkFor: settings.pace.parkFor,
      onUnknown: settings.onUnknown,
      lease: scope.lease,
      untilEmpty: scope.untilEmpty,
      settings: requests.budgeted(scope.budget),
      onChanged: scope.onChanged,
      keepsGoing: scope.keepsGoing,
      isInputMoved: scope.isInputMoved
    )
  }

  private func account(
    _ description: JobFile.Account,
    by routes: [[RouteHandle]]
  ) async throws -> Account {
    let sources = try description.keys.map { reference throws(KeySourceError) in
      try keySources.source(for: reference)
    }
    let keyring = Keyring(sources: sources, policy: settings.keyPolicy)
    try await tellingOfWait(for: description) { () async throws(KeySourceError) in
      try await keyring.load(patience: settings.waitForSecrets)
    }
    let isConcurrencyStated = settings.pace.statedConcurrency != nil
    return Account(
      name: description.name,
      keyring: keyring,
      endpoints: description.endpoints,
      routes: routes,
      models: description.models,
      regions: settings.regions,
      provider: settings.provider,
      state: AccountState(
        limits: description.limits,
        charges: settings.provider.charges,
        expectedOutput: Double(settings.prompts.maxTokens ?? 512) / 2,
        inFlightGuess: isConcurrencyStated ? .max : Settings.Pace.cautiousConcurrency,
        endpoints: zip(description.endpoints, routes).map { endpoint, routes in
          RouteChoice(count: routes.count, order: endpoint.reach.order)
        },
        at: .now
      )
    )
  }

  /// Says what is waited for where that takes long.
  private func tellingOfWait(
    for account: JobFile.Account,
    _ load: () async throws(KeySourceError) -> Void
  ) async throws(KeySourceError) {
    let telling = Task {
      try await Task.sleep(for: .seconds(3))
      let keys = account.keys.map(\.description).joined(separator: ", ")
      Console.shared.log("waiting for the key of the account \(account.name): \(keys)")
    }
    defer { telling.cancel() }
    try await load()
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
    configuration.maxInFlight = max(1, room)
    configuration.maxResponseBytes = AllowedMemory.forAnswer(most: RunPlan.largestAnswer)
    configuration.responseMemory = plan.requestMemory
    return try CurlTransport(configuration)
  }
}
