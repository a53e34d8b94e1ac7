import Runner

/// When output is charged, and what.
enum ServerCharge {
  /// The answer's tokens, when it ends.
  case produced
  /// The most that it may have, when it is admitted; the rest comes back when it ends.
  case reserved
  /// The most that it may have, for good.
  case reservedForGood
  case never
}

/// Other users of the same organisation.
struct OtherUsers {
  /// Of every limit.
  var share = 0.5
  /// Seconds.
  var from = 0
  /// Seconds between takings; nil when they take all the time.
  var every: Int?
}

/// What the server tells of its limits in headers.
struct HeaderSettings {
  /// How often a response lacks them.
  var loss = 0.0
  /// Tokens are rounded to the nearest multiple of this, as Anthropic does.
  var granularity = 1_000.0
  /// Tells how it stood when the request was admitted instead of when the answer left.
  var areOfAdmission = false
  /// Shows a full bucket as a full minute.
  var showsWholeMinute = false
  /// Tells this limit on requests a minute, of which nothing is ever left; nothing holds it.
  var emptyLimit: Double?
}

/// Refusals that have nothing to do with what the client does.
struct RandomRefusals {
  /// Of all requests.
  var share: Double
  /// 429 in place of 529.
  var isRateLimit = false
  /// Seconds, told with each.
  var retryAfter: Double?
}

/// How many requests a server works on at a time, whatever their rate.
struct ServerSlots {
  var count: Int
  /// Whether more of them wait, instead of being refused with a plain 503.
  var queues = false
}

/// How a simulated provider limits an account.
struct ServerSettings {
  /// Per minute; nil where nothing is limited.
  var limits = Metered<Double?>(repeating: nil)
  /// Seconds of the rate that may be saved.
  var burst = 6.0
  var charge = ServerCharge.produced
  /// Requests in any second, which no header mentions.
  var hiddenPerSecond: Double?
  /// Requests in each second by the clock, which headers tell without naming the second.
  var perSecond: Int?
  var refusals: RandomRefusals?
  var slots: ServerSlots?
  var others: OtherUsers?
  /// From these seconds on, all limits are multiplied by this.
  var changes: [(second: Int, factor: Double)] = []
  var headers = HeaderSettings()
  /// Seconds in which everything is answered 529.
  var outages: [Range<Double>] = []
  /// Seconds in which everything is answered 429 with what is left of them as retry-after.
  var holds: [Range<Double>] = []
  /// Refusals carry the seconds to wait, rounded up.
  var tellsRetryAfter = true
  /// Refusals take as long as answers.
  var refusesLate = false
  /// In place of a retry-after a refusal tells when to come back by the server's clock, which is
  /// ahead of the client's by this many seconds.
  var resetSkew: Double?
  /// Seconds until an answer, and on top of it for each of its tokens.
  var latency = 0.3
  var latencyPerToken = 0.0
  /// Seconds, each way.
  var network = 0.005...0.05
}

extension Metered where Value == Double? {
  static func perMinute(
    requests: Double? = nil,
    input: Double? = nil,
    output: Double? = nil,
    tokens: Double? = nil
  ) -> Metered<Double?> {
    var limits = Metered<Double?>(repeating: nil)
    limits.requests = requests
    limits.inputTokens = input
    limits.outputTokens = output
    limits.tokens = tokens
    return limits
  }
}
