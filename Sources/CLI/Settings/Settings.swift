import FoundationEssentials
import Jobs
import KeySources
import Runner
import Transport

/// What flags, environment and job file say about a run or a worker, resolved and checked before
/// anything starts.
struct Settings: Sendable {
  let provider: any Provider
  /// What a batch remembers of how its requests are made.
  let requests: RequestSettings
  let prompts: PromptSettings
  /// The accounts of the job file, or the one that the flags describe, each with keys and endpoints.
  let accounts: [JobFile.Account]
  let regions: AllowedRegions
  let keystore: KeystoreLocation
  let vault: VaultSettings?
  let keyPolicy: KeyringPolicy
  /// How long the start waits for a secret store that does not answer.
  let waitForSecrets: Duration?
  /// By which ways endpoints are reached.
  let routes: RouteBook
  /// The file of prices that is named.
  let prices: String?
  let pace: Pace
  let onUnknown: OnUnknown

  /// The model of prompts that name none.
  var model: String? { prompts.model }

  /// How fast and how long.
  struct Pace: Sendable {
    /// The most requests in flight; nil where nobody states it.
    let statedConcurrency: Int?
    let memory: Int
    let deadlines: Deadlines
    let retries: RetryPolicy
    let grace: Duration
    let parkFor: Duration?

    /// The most requests in flight where nobody states it: as many as known limits can need, and
    /// few while none is known.
    static let ampleConcurrency = 1_000
    static let cautiousConcurrency = 100

    func concurrency(unstated: Int = Self.ampleConcurrency) -> Int { statedConcurrency ?? unstated }
  }

  /// - Parameters:
  ///   - place: of the job file, for messages.
  ///   - environment: gives the value of a variable.
  /// - Throws: ``CLIError`` or ``KeySourceError`` for what cannot work.
  init(
    _ options: SharedOptions,
    _ file: JobFile,
    at place: String?,
    environment: @escaping (String) -> String? = KeySources.variable
  ) throws {
    try options.keys.refuseKeys()
    try StatedSettings.refuseMistyped(ProcessInfo.processInfo.environment.keys)
    let stated = StatedSettings(options, file, at: place, environment: environment)
    let kind = try stated.providerKind()
    accounts = try stated.accounts(of: kind)
    provider = try stated.provider(endpoints: accounts.flatMap(\.endpoints))
    prompts = try stated.prompts(of: provider)
    requests = RequestSettings(
      provider: kind.name,
      api: options.provider.api ?? file.api,
      model: prompts.model,
      maxTokens: prompts.maxTokens,
      system: prompts.system,
      template: file.prompt?.text,
      parameters: prompts.parameters.settings
    )
    regions = file.regions
    keystore = stated.keystore()
    vault = try file.secrets.vault?.settings(environment: environment)
    keyPolicy = file.secrets.policy
    waitForSecrets = options.keys.waitForSecrets ?? file.secrets.wait
    prices = options.prices ?? file.prices
    pace = try stated.pace(tier: prompts.parameters.usual.tier)
    onUnknown = options.onUnknown ?? file.onUnknown ?? .resend
    let endpoints = accounts.flatMap(\.endpoints)
    try Self.check(
      endpoints,
      allowingHTTP: options.provider.allowHTTP + file.allowHTTP,
      at: try stated.endpointOverride() == nil ? place : nil
    )
    routes = try stated.routes()
    for endpoint in endpoints { try routes.check(endpoint) }
  }
}

extension Settings {
  /// Where keys come from; to be closed by whoever asks.
  func keySources() -> KeySources {
    KeySources(
      keystore: Keystore(at: keystore, notice: { Console.shared.note("warning: \($0)") }),
      vault: vault
    )
  }
}

extension StatedSettings {
  /// - Parameter tier: of prompts that name none; at half the price an answer may take longer
  ///   (developers.openai.com/api/docs/guides/flex-processing: 15 minutes).
  fileprivate func pace(tier: ServiceTier?) throws -> Settings.Pace {
    let pace = options.pace
    let total = pace.timeout ?? file.timeout ?? .seconds(tier == .flex ? 900 : 600)
    return Settings.Pace(
      statedConcurrency: try number(
        pace.concurrency,
        "NIGHTJAR_CONCURRENCY",
        file.concurrency,
        .concurrency
      ),
      memory: pace.memory ?? file.memory ?? AllowedMemory.forAll(most: RunPlan.defaultMemory),
      deadlines: Deadlines(
        connect: min(.seconds(10), total),
        firstByte: total,
        stall: min(.seconds(60), total),
        total: total
      ),
      retries: RetryPolicy(attempts: pace.maxAttempts ?? file.maxAttempts ?? 8),
      grace: pace.grace ?? file.grace ?? .seconds(30),
      parkFor: pace.parkFor
    )
  }

  fileprivate func keystore() -> KeystoreLocation {
    let named = options.keystore
    return KeystoreLocation(
      keystore: named.keystore ?? variable("NIGHTJAR_KEYSTORE") ?? file.keystore,
      identity: named.identityFd == nil
        ? named.identity ?? variable("NIGHTJAR_IDENTITY") ?? file.identity : nil,
      identityDescriptor: named.identityFd,
      passphraseDescriptor: named.passphraseFd
    )
  }

  fileprivate func prompts(of provider: any Provider) throws -> PromptSettings {
    guard options.provider.model != "" else {
      throw CLIError.usage("--model is given no name", next: "name a model, or leave --model out")
    }
    return PromptSettings(
      model: options.provider.model ?? variable("NIGHTJAR_MODEL") ?? file.model,
      maxTokens: options.provider.maxTokens ?? file.maxTokens,
      system: options.provider.system ?? file.system,
      template: try template(),
      ignoredFields: file.ignoredFields,
      parameters: try parameters(of: provider)
    )
  }

  private func template() throws -> PromptTemplate? {
    guard let prompt = file.prompt else { return nil }
    do throws(PromptTemplateError) {
      return try PromptTemplate(prompt.text, firstLine: prompt.firstLine)
    } catch {
      throw CLIError(error, at: place)
    }
  }
}

extension CLIError {
  /// What is wrong with the template of a job file.
  init(_ error: PromptTemplateError, at place: String?) {
    let line = error.line.map { ":\($0)" } ?? ""
    self.init(
      error.message,
      at: place.map { $0 + line },
      next: "correct the template",
      exitCode: 78
    )
  }
}
