/// What a provider meters.
package enum Meter: CaseIterable, Sendable {
  /// Calls, whether they are served or refused as the wire format has it.
  case requests
  /// Anthropic's input tokens.
  case inputTokens
  /// Anthropic's output tokens.
  case outputTokens
  /// OpenAI's one limit on tokens of both kinds.
  case tokens
  /// OpenAI's limit on the tokens of a project, beside the organisation's.
  case projectTokens

  /// The meters that a limit can be set for, by the names of their settings.
  static let byRateName: [String: Self] = [
    "rpm": .requests, "itpm": .inputTokens, "otpm": .outputTokens, "project": .projectTokens,
  ]
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
