/// What can go wrong on request.
package enum Fault: String, CaseIterable, Sendable {
  /// Answers 429, although no limit is exceeded.
  case rateLimit = "429"
  /// Answers 500.
  case serverError = "500"
  /// Answers as an overloaded provider does: 529 from Anthropic, 503 from OpenAI.
  case overloaded = "529"
  /// Sends half of the body, then a TCP reset.
  case reset
  /// Sends half of what Content-Length announces, then closes.
  case truncate
  /// Sends JSON that is cut short, under a Content-Length that matches.
  case malformed
  /// Never answers.
  case hang
  /// Dribbles a few bytes of the body, then stalls for ever.
  case slow
}

/// How often each fault happens.
package struct FaultPlan: Sendable {
  private var probabilities: [(fault: Fault, probability: Double)] = []

  /// A plan without faults.
  package init() {}

  /// Adds faults written as `KIND=PROBABILITY`, for instance `reset=0.02`.
  ///
  /// - Throws: ``SimulatorError`` for an unknown kind, a probability outside 0...1, or a sum
  ///   above 1.
  package init(parsing texts: [String]) throws(SimulatorError) {
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let fault = Fault(rawValue: String(parts[0])),
        let probability = Double(parts[1]), (0...1).contains(probability)
      else {
        let kinds = Fault.allCases.map(\.rawValue).joined(separator: ", ")
        throw SimulatorError(
          "fault '\(text)' is not KIND=PROBABILITY, with one of \(kinds) and a number from 0 to 1"
        )
      }
      probabilities.append((fault, probability))
    }
    guard probabilities.reduce(0, { $0 + $1.probability }) <= 1 else {
      throw SimulatorError("the probabilities of all faults add up to more than 1")
    }
  }

  /// Rolls the dice once: at most one fault per request.
  func roll(_ generator: inout SeededGenerator) -> Fault? {
    var left = generator.fraction()
    for (fault, probability) in probabilities {
      left -= probability
      if left < 0 { return fault }
    }
    return nil
  }
}
