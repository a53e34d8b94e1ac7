import ArgumentParser
import Jobs

/// Where requests go and what they ask for.
struct ProviderOptions: ParsableArguments {
  @Option(help: "anthropic, or openai for it and every compatible server.")
  var provider: String?

  @Option(
    help: ArgumentHelp(
      "Where requests go, with or without a trailing /v1; http:// only on loopback.",
      valueName: "url"
    )
  )
  var baseURL: String?

  @Option(help: "The model of prompts that name none.")
  var model: String?

  @Option(help: "The most tokens of an answer, for prompts that say nothing.")
  var maxTokens: Int?

  @Option(help: "chat, responses or embeddings: where plain prompts go at openai.")
  var api: String?

  @Option(help: "The system prompt of prompts that have none.")
  var system: String?

  @Option(
    name: [.customLong("ca-file")],
    help: ArgumentHelp("Trust the certificates in this file.", valueName: "pem")
  )
  var caFile: String?

  @Option(help: "An HTTP proxy; those named by the environment are ignored.")
  var proxy: String?
}

/// Where keys come from.
struct KeyOptions: ParsableArguments {
  @Option(
    name: .customLong("key"),
    help: ArgumentHelp(
      """
      A key reference, never a key: keystore:ID, vault:MOUNT/PATH#FIELD, aws-sm:ID#FIELD, \
      exec:COMMAND, file:PATH[#FIELD] or env:NAME. Repeatable: all keys of one account.
      """,
      valueName: "ref"
    )
  )
  var keys: [String] = []

  @Option(
    help: ArgumentHelp(
      "Wait so long at the start for a secret store that does not answer (default 3).",
      valueName: "seconds"
    )
  )
  var waitForSecrets: Double?

  @Option(name: .customLong("api-key"), help: .hidden)
  var refusedKey: String?

  func validate() throws {
    guard waitForSecrets.map({ $0 >= 0 && $0 < 1e7 }) ?? true else {
      throw ValidationError("--wait-for-secrets must be a number of seconds")
    }
  }
}

/// What it may cost.
struct MoneyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Stop before the batch has cost more, over all its runs; finished jobs stay finished.",
      valueName: "usd"
    )
  )
  var budget: USD?

  @Option(
    help: ArgumentHelp(
      "Prices that go before the built-in ones; 'nightjar prices' prints a file to edit.",
      valueName: "file"
    )
  )
  var prices: String?

  func validate() throws {
    guard budget.map({ $0 > .zero }) ?? true else {
      throw ValidationError("--budget must be more than 0 dollars")
    }
  }
}

extension USD: ExpressibleByArgument {
  package init?(argument: String) {
    self.init(argument)
  }
}

/// How fast and how long.
struct PaceOptions: ParsableArguments {
  @Option(help: "The most requests in flight (default 1000; 100 while no limit is known).")
  var concurrency: Int?

  @Option(help: "Requests a minute that the account allows.")
  var rpm: Int?

  @Option(help: "Input tokens a minute that the account allows.")
  var itpm: Int?

  @Option(help: "Output tokens a minute that the account allows.")
  var otpm: Int?

  @Option(help: "Run at most this many jobs of the input.")
  var limit: Int?

  @Option(help: "Seconds that one request may take (default 600).")
  var timeout: Double?

  @Option(help: "Errors after which a job fails (default 8).")
  var maxAttempts: Int?

  @Option(help: "Seconds that ^C waits for what is in flight (default 30).")
  var grace: Double?

  @Option(help: "Seconds after which a run gives up if nothing ever answered (default 60).")
  var giveUpAfter: Double = 60

  @Option(help: "Seconds to wait while no account can be used (default: for ever).")
  var parkFor: Double?

  func validate() throws {
    let counts = [concurrency, rpm, itpm, otpm, limit, maxAttempts].compactMap { $0 }
    let times = [timeout, grace, parkFor].compactMap { $0 }
    guard counts.allSatisfy({ $0 > 0 }), times.allSatisfy({ $0 > 0 && $0 < 1e7 }) else {
      throw ValidationError("numbers must be greater than zero")
    }
    guard (concurrency ?? 1) <= 100_000 else {
      throw ValidationError("--concurrency can be at most 100000")
    }
  }
}
