import FoundationEssentials
import Jobs
import KeySources
import Runner
import Transport

/// One setting after another: a flag, else the environment, else the job file, else the default.
struct Settings {
  private let options: SharedOptions
  private let file: JobFile
  /// What messages about the job file name.
  private let place: String?
  private let environment: [String: String]

  init(
    _ options: SharedOptions,
    _ file: JobFile,
    at place: String?,
    _ environment: [String: String]
  ) {
    self.options = options
    self.file = file
    self.place = place
    self.environment = environment
  }

  var caFile: String? { options.provider.caFile ?? file.caFile }
  var proxy: String? { options.provider.proxy ?? file.proxy }
  var maxTokens: Int? { options.provider.maxTokens ?? file.maxTokens }
  /// The file of prices that is named.
  var prices: String? { options.prices ?? file.prices }
  /// The model of prompts that name none.
  var model: String? {
    options.provider.model ?? environment["NIGHTJAR_MODEL"] ?? file.model
  }

  /// The most requests in flight where nobody states it: as many as known limits can need, and few
  /// while none is known.
  static let ampleConcurrency = 1_000
  static let cautiousConcurrency = 100

  private var statedConcurrency: Int? {
    options.pace.concurrency ?? environment["NIGHTJAR_CONCURRENCY"].flatMap(Int.init)
      ?? file.concurrency
  }

  var isConcurrencyStated: Bool { statedConcurrency != nil }

  func concurrency(unstated: Int = Self.ampleConcurrency) -> Int { statedConcurrency ?? unstated }

  func deadlines() -> Deadlines {
    let total = Duration.seconds(options.pace.timeout ?? file.timeout?.seconds ?? 600)
    return Deadlines(
      connect: min(.seconds(10), total),
      firstByte: total,
      stall: min(.seconds(60), total),
      total: total
    )
  }

  func keystore() -> KeystoreLocation {
    let named = options.keystore
    return KeystoreLocation(
      keystore: named.keystore ?? environment["NIGHTJAR_KEYSTORE"] ?? file.keystore,
      identity: named.identityFd == nil
        ? named.identity ?? environment["NIGHTJAR_IDENTITY"] ?? file.identity : nil,
      identityDescriptor: named.identityFd,
      passphraseDescriptor: named.passphraseFd
    )
  }

  private func providerName() throws -> String {
    let name = options.provider.provider ?? environment["NIGHTJAR_PROVIDER"] ?? file.provider
    guard let name else {
      throw CLIError.usage(
        "name the provider: --provider anthropic, or --provider openai for it and every "
          + "compatible server"
      )
    }
    return name
  }

  func provider(endpoints: [Endpoint]) throws -> any Provider {
    do throws(ProviderError) {
      let api = options.provider.api ?? file.api
      return try makeProvider(named: providerNameOrEmpty(), api: api, endpoints: endpoints)
    } catch {
      throw CLIError.usage(error.message)
    }
  }

  private func providerNameOrEmpty() -> String { (try? providerName()) ?? "" }

  /// Every endpoint that requests may go to.
  func endpoints() throws -> [Endpoint] {
    let name = try providerName()
    try refuseUnknownRegion()
    do throws(EndpointError) {
      if let url = options.provider.baseURL ?? environment["NIGHTJAR_BASE_URL"] {
        return [try Endpoint(url)]
      }
    } catch {
      throw CLIError.usage(error.message)
    }
    let listed = file.accounts.flatMap(\.endpoints)
    if !listed.isEmpty { return listed }
    return name == "anthropic" ? [.anthropic] : [.openAI]
  }

  private var isOverridden: Bool {
    options.provider.baseURL != nil || environment["NIGHTJAR_BASE_URL"] != nil
  }

  /// Where data may go is for the job file to say, and a URL by itself tells no region.
  private func refuseUnknownRegion() throws {
    guard file.regions.isLimited, isOverridden else { return }
    throw CLIError(
      "the job file allows only the regions \(file.regions.list), and --base-url or "
        + "NIGHTJAR_BASE_URL names an endpoint of unknown region",
      at: place,
      next: "list the endpoint in the job file, as {url: …, region: …}",
      exitCode: 64
    )
  }

  /// The accounts of the job file, or the one that the flags describe.
  func accounts(endpoints: [Endpoint]) throws -> [JobFile.Account] {
    let limits = RateLimits(
      requestsPerMinute: options.pace.rpm,
      inputTokensPerMinute: options.pace.itpm,
      outputTokensPerMinute: options.pace.otpm
    )
    let single = JobFile.Account(
      name: "default",
      keys: [],
      endpoints: endpoints,
      limits: RateLimits()
    )
    let accounts = file.accounts.isEmpty || !options.keys.keys.isEmpty ? [single] : file.accounts
    return try accounts.map { account in
      var account = account
      if isOverridden || account.endpoints.isEmpty { account.endpoints = endpoints }
      if account.keys.isEmpty { account.keys = try keys() }
      account.limits = account.limits.overridden(by: limits)
      return account
    }
  }

  private func keys() throws -> [KeyReference] {
    let named = try options.keys.keys.map { text throws(KeySourceError) in try KeyReference(text) }
    if !named.isEmpty { return named }
    let isAnthropic = try providerName() == "anthropic"
    return [.environment(name: isAnthropic ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY")]
  }

  func prompts() throws -> PromptSettings {
    var template: PromptTemplate?
    if let prompt = file.prompt {
      do throws(PromptTemplateError) {
        template = try PromptTemplate(prompt.text, firstLine: prompt.firstLine)
      } catch {
        let line = error.line.map { ":\($0)" } ?? ""
        throw CLIError(
          error.message,
          at: place.map { $0 + line },
          next: "correct the template",
          exitCode: 78
        )
      }
    }
    return PromptSettings(
      model: model,
      maxTokens: maxTokens,
      system: options.provider.system ?? file.system,
      template: template
    )
  }
}
