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
  let inputTokens: Int
  let outputTokens: Int

  /// The entry as one line of the ledger file.
  var line: JSON {
    let status: JSON = status.map { "\($0)" } ?? "null"
    return """
      {"n":\(number),"t_ms":\(Int(time.seconds * 1000)),"path":\(path),"key":\(account),\
      "fingerprint":\(fingerprint),"prompt_hash":\(promptHash.map(hexadecimal)),"id":\(requestID),"outcome":\(outcome),\
      "status":\(status),"input_tokens":\(inputTokens),"output_tokens":\(outputTokens)}
      """
  }
}

/// What all requests add up to.
struct Ledger: Sendable {
  private struct Tally {
    var requests = 0
    var inputTokens = 0
    var outputTokens = 0
    var outcomes: [String: Int] = [:]

    mutating func record(_ entry: LedgerEntry) {
      requests += 1
      inputTokens += entry.inputTokens
      outputTokens += entry.outputTokens
      outcomes[entry.outcome, default: 0] += 1
    }

    var json: JSON {
      """
      {"requests":\(requests),"served":\(outcomes["served", default: 0]),\
      "rate_limited":\(outcomes["429", default: 0]),"input_tokens":\(inputTokens),\
      "output_tokens":\(outputTokens),"outcomes":\(JSON(outcomes.mapValues { "\($0)" }))}
      """
    }
  }

  private var total = Tally()
  private var accounts: [String: Tally] = [:]
  /// By fingerprint.
  private var keys: [String: Tally] = [:]
  private var servedByPrompt: [UInt64: Int] = [:]
  private var inFlight = 0
  private var peakInFlight = 0

  mutating func record(_ entry: LedgerEntry) {
    total.record(entry)
    accounts[entry.account ?? "unknown", default: Tally()].record(entry)
    if let key = entry.fingerprint { keys[key, default: Tally()].record(entry) }
    if let hash = entry.promptHash, entry.outcome == "served" {
      servedByPrompt[hash, default: 0] += 1
    }
    inFlight += 1
    peakInFlight = max(peakInFlight, inFlight)
  }

  /// Notes that the provider has done its part of a recorded request.
  mutating func finish() {
    inFlight -= 1
  }

  /// The totals.
  ///
  /// `duplicates` holds the prompts that were served more than once, by their hash.
  var summary: JSON {
    let duplicates = servedByPrompt.filter { $0.value > 1 }
    let byHash = duplicates.map { (hexadecimal($0.key), "\($0.value)" as JSON) }
    return """
      {"total":\(total.json),"accounts":\(JSON(accounts.mapValues(\.json))),\
      "keys":\(JSON(keys.mapValues(\.json))),\
      "distinct_prompts_served":\(servedByPrompt.count),\
      "duplicates":\(JSON(Dictionary(uniqueKeysWithValues: byHash))),\
      "in_flight":\(inFlight),"peak_in_flight":\(peakInFlight)}
      """
  }
}
