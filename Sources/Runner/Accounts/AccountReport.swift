import FoundationEssentials
import KeySources

/// How an account stands, for `status` and reports: its key, what holds it back, what is wrong.
package struct AccountReport: Codable, Sendable, Equatable {
  package var name: String
  /// `running`, `waiting for a key`, `parked`, or `stopped` where nobody works any more.
  package var state: String
  /// Why it does not run; empty where it does.
  package var reason: String
  /// The key of the next request; empty where there is none.
  package var key: String
  /// What is wrong with the sources of its keys, although it runs.
  package var complaints: [String]
  package var inFlight: Int
  /// How often the provider asked it to slow down in this run.
  package var rateLimited: Int
  /// What keeps its next request waiting: a limit, `in flight`, `retry-after`, `a rate limit` that
  /// names no time, or `outage`; nil where nothing does.
  package var heldBy: String?
  /// What the last request met that is sent again, such as the provider's words of a rate limit; nil
  /// once one was answered since.
  package var trouble: String?
  /// Seconds that the provider's last word, to wait or that it is parked, is still good for.
  package var heldFor: Double?
  /// For how many of the run's seconds what held it back.
  package var heldSeconds: [String: Int]
  package var pacers: [PacerReport]

  fileprivate mutating func rest() {
    if state != "parked" { state = "stopped" }
    inFlight = 0
    heldBy = nil
    for index in pacers.indices { pacers[index].inFlight = 0 }
  }

  /// What held it back most of the run, and for which share of it.
  package var binding: (name: String, share: Double)? {
    let total = heldSeconds.values.reduce(0.0) { $0 + Double($1) }
    return heldSeconds.max { ($0.value, $1.key) < ($1.value, $0.key) }
      .map { ($0.key, Double($0.value) / total) }
  }
}

/// How all accounts of a run stand.
package struct AccountsReport: Codable, Sendable, Equatable {
  /// Jobs that are ready to be sent and wait for room.
  package var waiting = 0
  package var accounts: [AccountReport] = []
  /// What a later run should know of their limits; nil where that was not stored.
  package var memories: [Memory]?

  /// What a later run should know of one account.
  package struct Memory: Codable, Sendable, Equatable {
    package var account: String
    package var memory: AccountMemory

    package init(account: String, memory: AccountMemory) {
      self.account = account
      self.memory = memory
    }
  }

  package init(
    waiting: Int = 0,
    accounts: [AccountReport] = [],
    memories: [Memory]? = nil
  ) {
    self.waiting = waiting
    self.accounts = accounts
    self.memories = memories
  }

  /// A report as a batch keeps it; an empty one where it keeps nothing that can be read.
  package init(json: String) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = (try? decoder.decode(Self.self, from: Data(json.utf8))) ?? AccountsReport()
  }

  /// The same once nobody works any more: what it was kept with a moment before is over.
  package var atRest: AccountsReport {
    var report = self
    report.waiting = 0
    for index in report.accounts.indices { report.accounts[index].rest() }
    return report
  }

  /// One JSON object.
  package var json: String { Self.text(self) }

  /// The accounts alone, as a JSON array.
  package var accountsJSON: String { Self.text(accounts) }

  private static func text(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

extension AccountReport {
  /// How an account stands now.
  init(_ account: Account, _ state: AccountState, at now: ContinuousClock.Instant) {
    name = account.name
    self.state =
      state.parking != nil ? "parked" : state.isWithoutKey ? "waiting for a key" : "running"
    reason = state.parking?.message ?? ""
    key = account.keyring.current ?? ""
    complaints = account.keyring.complaints
    inFlight = state.inFlight
    rateLimited = state.rateLimited
    heldBy = state.waiting?.name
    trouble = state.trouble
    heldFor = state.heldFor(at: now).map { $0.seconds.rounded() }
    heldSeconds = state.heldSeconds
    pacers = state.pacerReports
  }
}
