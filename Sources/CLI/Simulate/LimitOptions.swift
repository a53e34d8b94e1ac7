import ArgumentParser
import Simulator

struct LimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Accept this made-up key, under limits of its own: any of the settings below, for instance "
        + "main=KEY,rpm=600,burst=5. Repeat it for more accounts, or with the same name for a "
        + "second key of one account; the settings of the first count. Without it any key is "
        + "accepted, as the account 'default'.",
      valueName: "name=key[,setting=value]..."
    )
  )
  var account: [String] = []

  @Option(help: "Requests per minute of the account 'default'.")
  var rpm: String?

  @Option(help: "Input tokens per minute. OpenAI's one token limit is --itpm plus --otpm.")
  var itpm: String?

  @Option(help: "Output tokens per minute.")
  var otpm: String?

  @OptionGroup var manner: AccountMannerOptions

  @Option(
    help: ArgumentHelp(
      "Change settings of an account at a time after the start, for instance 30s:main,rpm=3000.",
      valueName: "time:name,setting=value..."
    )
  )
  var change: [String] = []

  @Option(
    help: ArgumentHelp("Refuse a key from some time on.", valueName: "key@seconds")
  )
  var revoke: [String] = []

  func apply(to configuration: inout SimulatorConfiguration) throws(SimulatorError) {
    let rates = [("rpm", rpm), ("itpm", itpm), ("otpm", otpm)].compactMap { name, value in
      value.map { "\(name)=\($0)" }
    }
    guard account.isEmpty || rates.isEmpty else {
      throw SimulatorError("with --account, write the limits there: NAME=KEY,rpm=600")
    }
    let common = manner.settings
    configuration.keys = try readAll(account) { text throws(SimulatorError) in
      try RehearsalKey(parsing: text, common: common)
    }
    configuration.defaultAccount = try AccountPlan(common + rates)
    for change in try readAll(change, AccountChange.init(parsing:)) {
      try configuration.plan(change)
    }
    configuration.revocations = try readAll(revoke, Revocation.init(parsing:))
  }
}

/// How accounts are treated, each unless its own settings say otherwise.
struct AccountMannerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How much of the allowance may be saved up and spent at once; of one meter with the settings "
        + "rpm-burst, itpm-burst and otpm-burst.",
      valueName: "seconds"
    )
  )
  var burst = "60"

  @Option(
    help: ArgumentHelp(
      "When output counts: produced (as it is made; Anthropic's way), reserved (the maximum at "
        + "admission, the rest given back), reserved-kept (never given back; OpenAI's way) or "
        + "input (never; Gemini's way).",
      valueName: "model"
    )
  )
  var charge: String?

  @Option(
    help: ArgumentHelp(
      "Enforce the requests per minute over this interval as well, which no header shows.",
      valueName: "time"
    )
  )
  var sub: String?

  @Option(
    help: ArgumentHelp(
      "Let other users take this share of every limit, evenly or with poisson:SHARE in requests "
        + "at random times.",
      valueName: "share"
    )
  )
  var others: String?

  @Option(
    help: ArgumentHelp(
      "Refuse a rate of requests that rises faster: above 10 in a second, so many per cent more "
        + "than in the busiest of the ten seconds before.",
      valueName: "per cent"
    )
  )
  var accel: String?

  @Option(
    help: ArgumentHelp(
      "Refuse everything: spend_limit, usage_limit, credit or disabled, in the provider's words.",
      valueName: "reason"
    )
  )
  var refuse: String?

  @Option(
    help: ArgumentHelp(
      "How the limit headers arrive: full, none, loss=PROBABILITY or nonsense.",
      valueName: "condition"
    )
  )
  var headers: String?

  /// As settings of an account.
  var settings: [String] {
    let options = [
      ("burst", burst), ("charge", charge), ("sub", sub), ("others", others), ("accel", accel),
      ("refuse", refuse), ("headers", headers),
    ]
    return options.compactMap { name, value in value.map { "\(name)=\($0)" } }
  }
}
