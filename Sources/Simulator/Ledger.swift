/// One request that was received, and what became of it.
struct LedgerEntry: Sendable {
  let number: Int
  let time: Duration
  let path: String
  /// The account, never the key.
  let account: String?
  /// The short name of the key that was presented, good or not.
  let fingerprint: String?
  let promptHash: UInt64?
  let requestID: String
  let outcome: String
  /// The HTTP status; nil when nothing is ever answered.
  let status: Int?
  /// As the usage reports them: Anthropic's are without what was read from the cache.
  let inputTokens: Int
  let cachedTokens: Int
  let outputTokens: Int

  /// The entry as one line of the ledger file.
  var line: JSON {
    let status: JSON = status.map { "\($0)" } ?? "null"
    return """
      {"n":\(number),"t_ms":\(Int(time.seconds * 1000)),"path":\(path),"key":\(account),\
      "fingerprint":\(fingerprint),"prompt_hash":\(promptHash.map(hexadecimal)),\
      "id":\(requestID),"outcome":\(outcome),"status":\(status),\
      "input_tokens":\(inputTokens),"cache_read_tokens":\(cachedTokens),\
      "output_tokens":\(outputTokens)}
      """
  }
}

/// What all requests add up to.
struct Ledger: Sendable {
  private var total = Tally()
  private var accounts: [String: Tally] = [:]
  /// By fingerprint.
  private var keys: [String: Tally] = [:]
  private var servedByPrompt: [UInt64: Int] = [:]
  private var inFlight = 0
  private var peakInFlight = 0

  mutating func record(_ entry: LedgerEntry) {
    total.record(entry)
    accounts[Self.name(of: entry.account), default: Tally()].record(entry)
    if let key = entry.fingerprint { keys[key, default: Tally(hasSeries: false)].record(entry) }
    if let hash = entry.promptHash, entry.outcome == "served" {
      servedByPrompt[hash, default: 0] += 1
    }
    inFlight += 1
    peakInFlight = max(peakInFlight, inFlight)
  }

  /// Notes that the provider has done its part of a recorded request.
  mutating func finish(_ exchange: Exchange, at now: Duration) {
    inFlight -= 1
    let tokens = exchange.outputTokens
    guard tokens > 0 else { return }
    total.complete(outputTokens: tokens, at: now)
    accounts[Self.name(of: exchange.account)]?.complete(outputTokens: tokens, at: now)
  }

  private static func name(of account: String?) -> String { account ?? "unknown" }

  /// The totals, and the seconds from one on.
  ///
  /// `duplicates` holds the prompts that were served more than once, by their hash.
  func summary(since second: Int) -> JSON {
    let duplicates = servedByPrompt.filter { $0.value > 1 }
    let byHash = duplicates.map { (hexadecimal($0.key), "\($0.value)" as JSON) }
    return """
      {"total":\(total.json(since: second)),\
      "accounts":\(JSON(accounts.mapValues { $0.json(since: second) })),\
      "keys":\(JSON(keys.mapValues { $0.json(since: second) })),\
      "distinct_prompts_served":\(servedByPrompt.count),\
      "duplicates":\(JSON(Dictionary(uniqueKeysWithValues: byHash))),\
      "in_flight":\(inFlight),"peak_in_flight":\(peakInFlight)}
      """
  }
}
