extension ErrorBody {
  /// Which limit a refusal for the sake of pace is about.
  ///
  /// Google names the quota, OpenAI the meter as the error's type as well as in words; the others
  /// say it in words only.
  var paceCause: PaceCause {
    if let quota { return .limit(quota.meter) }
    let message = message ?? ""
    if Self.accelerationWords.contains(where: message.contains) { return .slowDown }
    switch type {
    case "requests": return .limit(.requests)
    case "tokens": return .limit(.tokens)
    default: return .limit(Self.meter(namedIn: message))
    }
  }

  private static let accelerationWords = ["acceleration", "usage increase rate"]

  /// The meter that a message names first: what follows is advice.
  private static func meter(namedIn message: String) -> Meter? {
    meterWords.compactMap { words, meter in
      message.firstRange(of: words).map { (position: $0.lowerBound, meter: meter) }
    }
    .min { $0.position < $1.position }?.meter
  }

  private static let meterWords: [(words: String, meter: Meter)] = [
    ("input token", .inputTokens),
    ("request tokens", .inputTokens),
    ("output token", .outputTokens),
    ("tokens per", .tokens),
    ("requests per", .requests),
    ("Number of requests", .requests),
    // Azure's words.
    ("token rate limit", .tokens),
    ("call rate limit", .requests),
  ]
}
