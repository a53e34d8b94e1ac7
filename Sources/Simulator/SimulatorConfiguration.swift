/// Everything that a simulator can be told.
///
/// The defaults are a provider without limits or faults.
package struct SimulatorConfiguration: Sendable {
  /// The port on 127.0.0.1; 0 picks a free one.
  package var port = 0
  /// The keys that are accepted, each for its account.
  ///
  /// With none, any key is accepted as the account `default` under ``defaultLimits``.
  package var keys: [RehearsalKey] = []
  /// The limits of the account `default`.
  package var defaultLimits = Limits()
  /// The models that exist; with none, every model does.
  package var models: [String] = []
  /// The bounds of an answer's output tokens, at least 1.
  package var outputTokens = 20...200
  /// How long an answer takes; refusals come at once.
  package var latency = Latency.fixed(.zero)
  /// How often things go wrong.
  package var faults = FaultPlan()
  /// The seed of faults and latencies.
  ///
  /// A request's fate depends on the seed, its prompt and how often that prompt came before, so
  /// it does not depend on the order of arrival.
  package var seed: UInt64 = 0
  /// Keys that stop working some time after the start.
  package var revocations: [Revocation] = []
  /// The short name of a key in the ledger: from any text, a text that does not give it away.
  package var fingerprint: @Sendable (_ key: String) -> String = { hexadecimal(fnv1a($0.utf8)) }
  /// Times after the start during which every request is answered as an overloaded provider does.
  package var outages: [Range<Duration>] = []
  /// Prompts that contain one of these are refused with 400.
  package var failingPrompts: [String] = []
  /// The `retry-after`, in seconds, of injected 429 and 529; without it they carry none.
  package var retryAfter: Int?
  /// A file to which one JSON line per request is appended.
  package var ledgerPath: String?

  /// The defaults.
  package init() {}
}

/// A made-up key of an account.
///
/// It is never a real one: the simulator is a rehearsal.
package struct RehearsalKey: Sendable {
  /// The account's name, which stands for the key wherever something is reported.
  package let account: String
  let key: String
  let limits: Limits
  /// The organisation that answers to requests of the account name; nil for none.
  let organisation: String?

  /// Reads `NAME=KEY[,rpm=N][,itpm=N][,otpm=N][,burst=SECONDS][,org=NAME]`.
  ///
  /// - Throws: ``SimulatorError`` for an unknown or unreadable part.
  package init(parsing text: String) throws(SimulatorError) {
    let parts = text.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
    guard parts.allSatisfy({ $0.count == 2 }), let first = parts.first else {
      throw SimulatorError(
        "an account is written "
          + "NAME=KEY[,rpm=N][,itpm=N][,otpm=N][,burst=SECONDS][,org=NAME]"
      )
    }
    account = String(first[0])
    key = String(first[1])
    var limits = Limits()
    var organisation: String?
    for part in parts.dropFirst() {
      let (name, text) = (String(part[0]), String(part[1]))
      if name == "org" { organisation = text } else { try limits.set(name, to: text, account) }
    }
    self.limits = limits
    self.organisation = organisation
  }
}

extension Limits {
  fileprivate mutating func set(
    _ name: String,
    to text: String,
    _ account: String
  ) throws(SimulatorError) {
    guard let number = Int(text), number > 0 else {
      throw SimulatorError("account '\(account)': \(name) must be a whole number above 0")
    }
    switch name {
    case "rpm": requestsPerMinute = number
    case "itpm": inputTokensPerMinute = number
    case "otpm": outputTokensPerMinute = number
    case "burst": burst = .seconds(number)
    default:
      throw SimulatorError(
        "account '\(account)': '\(name)' is none of rpm, itpm, otpm, burst and org"
      )
    }
  }
}

/// A key that stops working.
package struct Revocation: Sendable {
  let key: String
  let time: Duration

  /// Reads `KEY@SECONDS`, counted from the start.
  ///
  /// - Throws: ``SimulatorError`` that shows the form.
  package init(parsing text: String) throws(SimulatorError) {
    guard let at = text.lastIndex(of: "@"),
      let time = Duration(parsing: String(text[text.index(after: at)...]))
    else {
      throw SimulatorError("a revocation is written KEY@SECONDS, for instance sk-rehearsal-1@30")
    }
    key = String(text[..<at])
    self.time = time
  }
}

extension Range<Duration> {
  /// Reads `FROM-TO`, for instance `10s-25s`.
  ///
  /// - Throws: ``SimulatorError`` that shows the form.
  package init(parsingOutage text: String) throws(SimulatorError) {
    let bounds = text.split(separator: "-").compactMap { Duration(parsing: String($0)) }
    guard bounds.count == 2, bounds[0] < bounds[1] else {
      throw SimulatorError("an outage is written FROM-TO, for instance 10s-25s")
    }
    self = bounds[0]..<bounds[1]
  }
}
