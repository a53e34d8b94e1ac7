/// What providers limit, each by itself.
package enum Meter: Int, CaseIterable, Sendable {
  case requests
  case inputTokens
  case outputTokens
  /// One limit on tokens of both kinds together, as at OpenAI.
  case tokens

  /// How it is called in messages and reports.
  package var name: String {
    switch self {
    case .requests: "requests"
    case .inputTokens: "input tokens"
    case .outputTokens: "output tokens"
    case .tokens: "tokens"
    }
  }
}

/// One value for each meter.
package struct Metered<Value> {
  package var requests: Value
  package var inputTokens: Value
  package var outputTokens: Value
  package var tokens: Value

  /// The same value for every meter.
  package init(repeating value: Value) {
    requests = value
    inputTokens = value
    outputTokens = value
    tokens = value
  }

  package subscript(meter: Meter) -> Value {
    get {
      switch meter {
      case .requests: requests
      case .inputTokens: inputTokens
      case .outputTokens: outputTokens
      case .tokens: tokens
      }
    }
    set {
      switch meter {
      case .requests: requests = newValue
      case .inputTokens: inputTokens = newValue
      case .outputTokens: outputTokens = newValue
      case .tokens: tokens = newValue
      }
    }
  }
}

extension Metered: Sendable where Value: Sendable {}
extension Metered: Equatable where Value: Equatable {}
