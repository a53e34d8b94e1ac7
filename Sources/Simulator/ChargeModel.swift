/// When a provider counts output tokens, and how many.
package enum ChargeModel: String, CaseIterable, Sendable {
  /// Output counts as it is produced; for admission there need only be some left.
  case produced
  /// What the request may use is taken at admission, and what it did not use is given back when
  /// the answer is complete.
  case reserved
  /// The same, but nothing is ever given back.
  case reservedKept = "reserved-kept"
  /// Only input counts.
  case input
}

/// What one request costs its account: at admission, and when its answer is complete.
struct Bill: Sendable {
  private let model: ChargeModel
  /// Whether one meter counts tokens of both kinds.
  private let isOneMeter: Bool
  private let inputTokens: Int
  /// The output, or on one meter the tokens of both kinds, that admission takes.
  private let reservation: Int

  /// The bill of a request.
  ///
  /// - Parameters:
  ///   - model: When output counts.
  ///   - isOneMeter: Whether one meter counts tokens of both kinds, as OpenAI's does.
  ///   - inputTokens: The input that counts.
  ///   - maxTokens: The most output that the request allows; on one meter the reservation is the
  ///     larger of it and the input.
  init(_ model: ChargeModel, isOneMeter: Bool, inputTokens: Int, maxTokens: Int?) {
    self.model = model
    self.isOneMeter = isOneMeter
    self.inputTokens = inputTokens
    switch (model, isOneMeter) {
    case (.produced, false): reservation = 1
    case (.produced, true): reservation = inputTokens + 1
    case (.reserved, false), (.reservedKept, false): reservation = maxTokens ?? 0
    case (.reserved, true), (.reservedKept, true): reservation = max(maxTokens ?? 0, inputTokens)
    case (.input, false): reservation = 0
    case (.input, true): reservation = inputTokens
    }
  }

  /// What is taken at admission, all together or nothing.
  var admission: [Meter: Int] {
    if isOneMeter {
      return [.requests: 1, .tokens: reservation, .projectTokens: reservation]
    }
    return [.requests: 1, .inputTokens: inputTokens, .outputTokens: reservation]
  }

  /// What is taken when so much output is complete; below zero, what is given back.
  func completion(outputTokens: Int) -> [Meter: Int] {
    let used = isOneMeter ? inputTokens + outputTokens : outputTokens
    let rest =
      switch model {
      case .produced: used - reservation
      case .reserved: min(0, used - reservation)
      case .reservedKept, .input: 0
      }
    guard rest != 0 else { return [:] }
    return isOneMeter ? [.tokens: rest, .projectTokens: rest] : [.outputTokens: rest]
  }
}
