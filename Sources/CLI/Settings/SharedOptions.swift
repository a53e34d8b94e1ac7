import ArgumentParser
import Jobs
import Logging
import Runner

/// What a run and a worker of a queue are told alike.
struct SharedOptions: ParsableArguments {
  @OptionGroup(title: "Provider") var provider: ProviderOptions
  @OptionGroup(title: "Keys") var keys: KeyOptions
  @OptionGroup(title: "Pace") var pace: PaceOptions
  @OptionGroup(title: "Keystore") var keystore: KeystoreOptions

  @Option(
    help: ArgumentHelp(
      "Prices that go before the built-in ones; 'nightjar prices' prints a file to edit.",
      valueName: "file"
    ),
    completion: .file()
  )
  var prices: String?

  @Option(
    help: ArgumentHelp(
      """
      What is done with a job whose request may have left when its worker died: resend it, \
      which may be paid for twice, or hold it until 'nightjar retry --unknown'. (default: resend)
      """
    )
  )
  var onUnknown: OnUnknown?

  @Flag(help: "Go on although the first 20 jobs all failed with one error and none succeeded.")
  var keepGoing = false

  @Flag(help: "Print the final report on standard output as JSON.")
  var json = false

  @Flag(help: "Print every ten seconds how the pacer sees the limits of each account and model.")
  var explain = false

  @Flag(help: "Print no progress.")
  var quiet = false

  @Option(
    help: "The least that is told: trace, debug, info, notice, warning or error.",
    completion: .list(["trace", "debug", "info", "notice", "warning", "error"])
  )
  var logLevel = "notice"

  func validate() throws {
    guard Logger.Level(rawValue: logLevel) != nil else {
      throw ValidationError("--log-level must be trace, debug, info, notice, warning or error")
    }
  }

  /// What is told on the way.
  var level: Logger.Level {
    let level = Logger.Level(rawValue: logLevel) ?? .notice
    return quiet ? max(level, .warning) : level
  }
}

extension OnUnknown: ExpressibleByArgument {}

/// Where requests go and what they ask for.
struct ProviderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("\(providerChoice)."),
    completion: .list(providers.map { $0.name })
  )
  var provider: String?

  @Option(help: "The model of prompts that name none.")
  var model: String?

  @Option(
    help: "The most tokens of an answer, for prompts that say nothing.",
    transform: SettingValue.tokens.flag
  )
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp(
      "Where requests go, with or without a trailing /v1; http:// on this machine only.",
      valueName: "url"
    )
  )
  var baseURL: String?

  @Option(
    name: .customLong("allow-http"),
    help: ArgumentHelp(
      "Let requests go to this host unencrypted, on a network of your own. Repeatable.",
      valueName: "host"
    )
  )
  var allowHTTP: [String] = []

  @Option(help: "Where plain prompts go at openai: chat, responses or embeddings.")
  var api: String?

  @Option(help: "The system prompt of prompts that have none.")
  var system: String?

  @Option(
    name: .customLong("param"),
    help: ArgumentHelp(
      """
      A parameter of the provider's own in every plain prompt, such as temperature=0.2; beats those \
      of lines and of the job file. Repeatable.
      """,
      valueName: "name=json"
    )
  )
  var params: [String] = []

  @Option(
    help: ArgumentHelp("The JSON schema of the answers to plain prompts.", valueName: "file"),
    completion: .file()
  )
  var schema: String?

  @Option(
    name: [.customLong("ca-file")],
    help: ArgumentHelp("Trust the certificates in this file.", valueName: "pem"),
    completion: .file()
  )
  var caFile: String?

  @Option(
    help: ArgumentHelp(
      """
      Go by this proxy: http://, https://, socks5:// or socks5h://, with host and port. env is the \
      one of HTTPS_PROXY, which nothing else heeds.
      """,
      valueName: "url"
    )
  )
  var proxy: String?

  @Option(
    help: ArgumentHelp(
      "Go by this route of the job file; direct is the way without any.",
      valueName: "name"
    )
  )
  var route: String?

  @Option(
    help: ArgumentHelp(
      "Connect to this address instead of the endpoint's; all names stay the endpoint's.",
      valueName: "host:port"
    )
  )
  var connectTo: String?
}

/// Where keys come from.
struct KeyOptions: ParsableArguments {
  @Option(
    name: .customLong("key"),
    help: ArgumentHelp(
      """
      A key reference, never a key: keystore:ID, vault:MOUNT/PATH#FIELD, aws-sm:ID#FIELD, \
      exec:COMMAND, file:PATH[#FIELD] or env:NAME; none for a server that asks for no key. \
      Repeatable: all keys of one account.
      """,
      valueName: "ref"
    )
  )
  var keys: [String] = []

  @Option(
    help: ArgumentHelp(
      "Wait so long at the start for a secret store that does not answer. (default: 3)",
      valueName: "seconds"
    ),
    transform: SettingValue.wait.flag
  )
  var waitForSecrets: Duration?

  @Option(name: .customLong("api-key"), help: .hidden)
  var refusedKey: String?

  /// - Throws: ``CLIError`` where a key itself is named.
  func refuseKeys() throws {
    guard refusedKey != nil else { return }
    throw CLIError(
      "keys are never given on the command line, where every user of the machine can read them",
      next: "name where the key is: --key keystore:ID, vault:MOUNT/PATH#FIELD, aws-sm:ID, "
        + "exec:COMMAND, file:PATH or env:NAME",
      exitCode: 64
    )
  }
}

extension USD {
  /// Reads the value of a flag.
  ///
  /// - Throws: an error that says what is expected; the argument parser adds the flag.
  static func flag(_ text: String) throws -> USD {
    guard let amount = USD(text) else {
      throw ValidationError("it must be an amount in dollars without a sign, such as 12.50")
    }
    return amount
  }
}

/// How fast and how long.
struct PaceOptions: ParsableArguments {
  @Option(
    help: "The most requests in flight. (default: 1000; 100 while no limit is known)",
    transform: SettingValue.concurrency.flag
  )
  var concurrency: Int?

  @Option(
    help: ArgumentHelp(
      "Bytes of prompts and answers to hold at a time, such as 500MB or 1GiB. (default: 256MB)",
      valueName: "size"
    ),
    transform: SettingValue.memory.flag
  )
  var memory: Int?

  @Option(
    help: ArgumentHelp(
      """
      The most requests a minute that this process sends of one model, whatever the provider \
      allows: several workers share a limit by a part for each. auto is as many as the provider's \
      headers allow, also where the job file states a limit.
      """,
      valueName: "number"
    ),
    transform: SettingValue.limit.flag
  )
  var rpm: StatedLimit?

  @Option(
    help: ArgumentHelp("The most input tokens a minute, likewise.", valueName: "number"),
    transform: SettingValue.limit.flag
  )
  var itpm: StatedLimit?

  @Option(
    help: ArgumentHelp("The most output tokens a minute, likewise.", valueName: "number"),
    transform: SettingValue.limit.flag
  )
  var otpm: StatedLimit?

  @Option(
    help: "Seconds that one request may take. (default: 600)",
    transform: SettingValue.seconds.flag
  )
  var timeout: Duration?

  @Option(
    help: "Errors after which a job fails. (default: 8)",
    transform: SettingValue.attempts.flag
  )
  var maxAttempts: Int?

  @Option(
    help: "Seconds that ^C waits for what is in flight. (default: 30)",
    transform: SettingValue.seconds.flag
  )
  var grace: Duration?

  @Option(
    help: "Seconds to wait while no account can be used, or all are held. (default: for ever)",
    transform: SettingValue.seconds.flag
  )
  var parkFor: Duration?
}
