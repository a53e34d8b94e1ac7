import ArgumentParser
import Simulator

struct PlaceOptions: ParsableArguments {
  @Option(help: "The port on 127.0.0.1; 0 picks a free one.")
  var port = 0

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("End after this time.", valueName: "seconds")
  )
  var time: String?

  @Option(
    help: ArgumentHelp(
      "Append one JSON line per request to a file. GET /simulator/ledger has the totals.",
      valueName: "file"
    )
  )
  var ledger: String?

  /// When to end; nil is never.
  func lifetime() throws(SimulatorError) -> Duration? {
    guard let time else { return nil }
    return try duration(time, option: "--for")
  }

  func apply(to configuration: inout SimulatorConfiguration) throws(SimulatorError) {
    guard (0...65535).contains(port) else {
      throw SimulatorError("--port \(port) is not a port; 0 picks a free one")
    }
    _ = try lifetime()
    configuration.port = port
    configuration.ledgerPath = ledger
  }
}

struct LimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Accept this made-up key, under limits of its own. Repeat it for more accounts, or with "
        + "the same name for a second key of one account; the limits of the first count. Without "
        + "it any key is accepted, as the account 'default'.",
      valueName: "name=key[,rpm=n,itpm=n,otpm=n,burst=seconds,org=name]"
    )
  )
  var account: [String] = []

  @Option(help: "Requests per minute of the account 'default'.")
  var rpm: Int?

  @Option(help: "Input tokens per minute. OpenAI's one token limit is --itpm plus --otpm.")
  var itpm: Int?

  @Option(help: "Output tokens per minute.")
  var otpm: Int?

  @Option(
    help: ArgumentHelp(
      "How much of the allowance may be saved up and spent at once.",
      valueName: "seconds"
    )
  )
  var burst = "60"

  @Option(
    help: ArgumentHelp("Refuse a key from some time on.", valueName: "key@seconds")
  )
  var revoke: [String] = []

  func apply(to configuration: inout SimulatorConfiguration) throws(SimulatorError) {
    let rates = [rpm, itpm, otpm].compactMap(\.self)
    guard rates.allSatisfy({ $0 > 0 }) else {
      throw SimulatorError("--rpm, --itpm and --otpm must be above 0")
    }
    guard account.isEmpty || rates.isEmpty else {
      throw SimulatorError("with --account, write the limits there: NAME=KEY,rpm=600")
    }
    configuration.keys = try readAll(account, RehearsalKey.init(parsing:))
    configuration.defaultLimits = Limits(
      requestsPerMinute: rpm,
      inputTokensPerMinute: itpm,
      outputTokensPerMinute: otpm,
      burst: try duration(burst, option: "--burst")
    )
    configuration.revocations = try readAll(revoke, Revocation.init(parsing:))
  }
}

struct AnswerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The models that exist, separated by commas; without it every model does.",
      valueName: "a,b"
    )
  )
  var models: String?

  @Option(help: ArgumentHelp("Bounds of an answer's output tokens.", valueName: "min-max"))
  var outputTokens = "20-200"

  @Option(
    help: ArgumentHelp(
      "How long an answer takes: 200ms, uniform:100ms-300ms or lognormal:800ms,0.5 (median and "
        + "sigma). Refusals come at once.",
      valueName: "time"
    )
  )
  var latency = "0ms"

  func apply(to configuration: inout SimulatorConfiguration) throws(SimulatorError) {
    let bounds = outputTokens.split(separator: "-").compactMap { Int($0) }
    guard bounds.count == 2, bounds[0] >= 1, bounds[0] <= bounds[1] else {
      throw SimulatorError("--output-tokens is written MIN-MAX, for instance 20-200")
    }
    configuration.outputTokens = bounds[0]...bounds[1]
    configuration.models = models?.split(separator: ",").map(String.init) ?? []
    configuration.latency = try Latency(parsing: latency)
  }
}

struct FaultOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Inject a fault with this probability per request. Kinds: 429, 500, 529 (503 for OpenAI), "
        + "reset (in mid-body), truncate (less than Content-Length, then close), malformed (JSON "
        + "cut short), hang (never answers), slow (dribbles, then stalls).",
      valueName: "kind=probability"
    )
  )
  var fault: [String] = []

  @Option(help: "The seed of faults and latencies.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Send retry-after with injected 429 and 529.", valueName: "seconds"))
  var retryAfter: Int?

  @Option(
    help: ArgumentHelp(
      "Answer every request as overloaded in this window after the start, for instance 10s-25s.",
      valueName: "from-to"
    )
  )
  var outage: [String] = []

  @Option(
    help: ArgumentHelp("Answer 400 to prompts that contain this.", valueName: "substring")
  )
  var failPrompt: [String] = []

  func apply(to configuration: inout SimulatorConfiguration) throws(SimulatorError) {
    configuration.faults = try FaultPlan(parsing: fault)
    configuration.seed = seed
    configuration.retryAfter = retryAfter
    configuration.outages = try readAll(outage, Range.init(parsingOutage:))
    configuration.failingPrompts = failPrompt
  }
}

/// Reads the texts of an option that may be repeated.
///
/// They are not left to the argument parser, because it would repeat a faulty text in its message,
/// and that may hold a key.
private func readAll<Value>(
  _ texts: [String],
  _ read: (String) throws(SimulatorError) -> Value
) throws(SimulatorError) -> [Value] {
  var values: [Value] = []
  for text in texts { values.append(try read(text)) }
  return values
}

/// Reads a time such as `30`, `30s` or `200ms`.
private func duration(_ text: String, option: String) throws(SimulatorError) -> Duration {
  guard let duration = Duration(parsing: text) else {
    throw SimulatorError("\(option) '\(text)' is not a time such as 30s or 200ms")
  }
  return duration
}
