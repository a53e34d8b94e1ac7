/// Everything that a simulator can be told.
///
/// The defaults are a provider without limits or faults.
package struct SimulatorConfiguration: Sendable {
  /// The port on 127.0.0.1; 0 picks a free one.
  package var port = 0
  /// The keys that are accepted, each for its account.
  ///
  /// With none, any key is accepted as the account `default`, which is ``defaultAccount``.
  package var keys: [RehearsalKey] = []
  /// What the account `default` is told.
  package var defaultAccount = AccountPlan()
  /// The models that exist; with none, every model does.
  package var models: [String] = []
  /// The bounds of an answer's output tokens, at least 1.
  package var outputTokens = 20...200
  /// The share of input tokens that the provider has in its cache, from 0 to 1.
  package var cachedShare = 0.0
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
  /// How the provider says how long to wait.
  package var retryAfterStyle = RetryAfterStyle.seconds
  /// How far the provider's wall clock is ahead; below zero it is behind.
  package var clockSkew = Duration.zero
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
  /// What its account is told, if this is the account's first key.
  package internal(set) var plan: AccountPlan

  /// Reads `NAME=KEY[,SETTING=VALUE]...`.
  ///
  /// - Parameter common: Settings that hold unless the text has its own.
  /// - Throws: ``SimulatorError`` for an unknown or unreadable part.
  package init(parsing text: String, common: [String] = []) throws(SimulatorError) {
    let parts = text.split(separator: ",").map(String.init)
    let first = parts.first?.split(separator: "=", maxSplits: 1).map(String.init) ?? []
    guard first.count == 2 else {
      throw SimulatorError(
        "an account is written NAME=KEY[,rpm=N][,itpm=N][,otpm=N][,burst=TIME]..."
      )
    }
    account = first[0]
    key = first[1]
    do {
      plan = try AccountPlan(common + parts.dropFirst())
    } catch {
      throw SimulatorError("account '\(account)': \(error)")
    }
  }
}

/// A change of an account's settings some time after the start.
package struct AccountChange: Sendable {
  let time: Duration
  let account: String
  let settings: [String]

  /// Reads `TIME:ACCOUNT,SETTING=VALUE...`, for instance `30s:main,rpm=3000`.
  ///
  /// - Throws: ``SimulatorError`` that shows the form.
  package init(parsing text: String) throws(SimulatorError) {
    let parts = text.split(separator: ",").map(String.init)
    let first = parts.first?.split(separator: ":", maxSplits: 1).map(String.init) ?? []
    guard parts.count >= 2, first.count == 2, let time = Duration(parsing: first[0]) else {
      throw SimulatorError(
        "change '\(text)' is not TIME:ACCOUNT,SETTING=VALUE, for instance 30s:main,rpm=3000"
      )
    }
    self.time = time
    account = first[1]
    settings = Array(parts.dropFirst())
  }
}

extension SimulatorConfiguration {
  /// Plans a change of an account.
  ///
  /// - Throws: ``SimulatorError`` when there is no such account, or a setting is unreadable.
  package mutating func plan(_ change: AccountChange) throws(SimulatorError) {
    if keys.isEmpty, change.account == "default" {
      return try defaultAccount.change(at: change.time, to: change.settings)
    }
    guard let index = keys.firstIndex(where: { $0.account == change.account }) else {
      throw SimulatorError("there is no account '\(change.account)' to change")
    }
    try keys[index].plan.change(at: change.time, to: change.settings)
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
