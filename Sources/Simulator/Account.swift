/// The limits of one account, per minute; an absent one is not enforced.
package struct Limits: Sendable, Equatable {
  /// Requests per minute.
  package var requestsPerMinute: Int?
  /// Input tokens per minute.
  package var inputTokensPerMinute: Int?
  /// Output tokens per minute.
  package var outputTokensPerMinute: Int?
  /// How much of a minute's allowance may be saved up and spent at once.
  package var burst: Duration

  /// No limits, unless given.
  package init(
    requestsPerMinute: Int? = nil,
    inputTokensPerMinute: Int? = nil,
    outputTokensPerMinute: Int? = nil,
    burst: Duration = .seconds(60)
  ) {
    self.requestsPerMinute = requestsPerMinute
    self.inputTokensPerMinute = inputTokensPerMinute
    self.outputTokensPerMinute = outputTokensPerMinute
    self.burst = burst
  }
}

/// What a provider meters.
enum Meter: CaseIterable {
  case requests, inputTokens, outputTokens
  /// OpenAI's one limit on tokens of both kinds.
  case tokens
}

/// A refusal by a meter: its limit, and how long until the same call could pass.
struct LimitExceeded: Equatable, Sendable {
  let meter: Meter
  let perMinute: Int
  let wait: Duration
}

/// How a meter stands, for the rate limit headers.
struct MeterStanding {
  let perMinute: Int
  let remaining: Int
  let untilFull: Duration
}

/// One set of limits, shared by all keys of an organisation, project or workspace.
struct Account: Sendable {
  let name: String
  /// Whose it is, in the words of the headers that tell; nil where none does.
  let organisation: String?
  private var buckets: [(meter: Meter, bucket: TokenBucket)] = []

  /// The account of a key, which is the first of its account.
  init(_ key: RehearsalKey) {
    self.init(name: key.account, limits: key.limits, organisation: key.organisation)
  }

  init(name: String, limits: Limits, organisation: String? = nil) {
    self.name = name
    self.organisation = organisation
    let input = limits.inputTokensPerMinute
    let output = limits.outputTokensPerMinute
    let both = input == nil && output == nil ? nil : (input ?? 0) + (output ?? 0)
    let rates: [(Meter, Int?)] = [
      (.requests, limits.requestsPerMinute), (.inputTokens, input), (.outputTokens, output),
      (.tokens, both),
    ]
    for case (let meter, let rate?) in rates {
      buckets.append((meter, TokenBucket(perMinute: rate, burst: limits.burst)))
    }
  }

  /// Takes all demands together, or none and says which meter makes the call wait longest.
  mutating func admit(_ demands: [Meter: Int], at now: Duration) -> LimitExceeded? {
    var exceeded: LimitExceeded?
    for index in buckets.indices {
      guard let amount = demands[buckets[index].meter] else { continue }
      let wait = buckets[index].bucket.wait(for: Double(amount), at: now)
      guard wait > exceeded?.wait ?? .zero else { continue }
      exceeded = LimitExceeded(
        meter: buckets[index].meter,
        perMinute: buckets[index].bucket.perMinute,
        wait: wait
      )
    }
    guard exceeded == nil else { return exceeded }
    for (meter, amount) in demands {
      charge(amount, to: meter, at: now)
    }
    return nil
  }

  /// Charges work already done.
  mutating func charge(_ amount: Int, to meter: Meter, at now: Duration) {
    guard let index = buckets.firstIndex(where: { $0.meter == meter }) else { return }
    buckets[index].bucket.charge(Double(amount), at: now)
  }

  /// Counts a refused request, where the provider does so.
  mutating func forfeitRequest(at now: Duration) {
    guard let index = buckets.firstIndex(where: { $0.meter == .requests }) else { return }
    buckets[index].bucket.forfeit(1, at: now)
  }

  /// How a meter stands; nil where no limit is enforced.
  mutating func standing(of meter: Meter, at now: Duration) -> MeterStanding? {
    guard let index = buckets.firstIndex(where: { $0.meter == meter }) else { return nil }
    return MeterStanding(
      perMinute: buckets[index].bucket.perMinute,
      remaining: Int(buckets[index].bucket.remaining(at: now)),
      untilFull: buckets[index].bucket.untilFull(at: now)
    )
  }
}
