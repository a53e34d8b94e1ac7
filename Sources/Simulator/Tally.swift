/// What some of the requests add up to, in all and second by second.
struct Tally: Sendable {
  private var requests = 0
  private var inputTokens = 0
  private var cachedTokens = 0
  private var outputTokens = 0
  private var outcomes: [String: Int] = [:]
  private var series: SecondSeries?

  init(hasSeries: Bool = true) {
    series = hasSeries ? SecondSeries() : nil
  }

  mutating func record(_ entry: LedgerEntry) {
    requests += 1
    inputTokens += entry.inputTokens
    cachedTokens += entry.cachedTokens
    outputTokens += entry.outputTokens
    outcomes[entry.outcome, default: 0] += 1
    series?.update(at: entry.time) { second in
      second.inputTokens += entry.inputTokens
      switch entry.outcome {
      case "served": second.served += 1
      case "429": second.rateLimited += 1
      default: second.refused += 1
      }
    }
  }

  /// Notes that so much output is complete.
  mutating func complete(outputTokens: Int, at now: Duration) {
    series?.update(at: now) { $0.outputTokens += outputTokens }
  }

  func json(since second: Int) -> JSON {
    let seconds: JSON = series.map { ",\"seconds\":\($0.json(since: second))" } ?? ""
    return """
      {"requests":\(requests),"served":\(outcomes["served", default: 0]),\
      "rate_limited":\(outcomes["429", default: 0]),"input_tokens":\(inputTokens),\
      "cache_read_tokens":\(cachedTokens),"output_tokens":\(outputTokens),\
      "outcomes":\(JSON(outcomes.mapValues { "\($0)" }))\(seconds)}
      """
  }
}
