/// How a provider charges a request to its account's limits.
package struct ChargeModel: Sendable, Equatable {
  package var output: OutputCharge
  /// Whether tokens of both kinds have one limit together.
  package var sharesTokens: Bool
  /// Whether refused and failed requests count as requests.
  package var countsRefusals: Bool

  package init(output: OutputCharge, sharesTokens: Bool = false, countsRefusals: Bool = false) {
    self.output = output
    self.sharesTokens = sharesTokens
    self.countsRefusals = countsRefusals
  }
}

/// What one request takes from an account's limits.
package struct Charge: Sendable, Equatable {
  /// What it is expected to have used when it is over; the pace is made of this.
  package var expected: Metered<Double>
  /// What the provider takes when it lets the request in.
  package var held: Metered<Double>
  /// The bytes and the class of the request, from which estimates learn; no bytes where it has tokens
  /// that bytes do not tell.
  package var bytes: Double
  package var outputClass: Int
  /// How many requests were under way with it.
  var level: Int
  /// Seconds since the pacer's start at which it was let in.
  package var time: Double
}

extension ChargeModel {
  /// The charge of a request.
  ///
  /// - Parameters:
  ///   - input: estimated tokens of the prompt.
  ///   - output: expected tokens of the answer.
  ///   - maxTokens: the most that the answer may have; nil where the request does not say.
  ///   - keptShare: how much of an unused reservation stays charged, 0 to 1.
  func amounts(
    input: Double,
    output: Double,
    maxTokens: Double?,
    keptShare: Double
  ) -> (expected: Metered<Double>, held: Metered<Double>) {
    var expected = Metered(repeating: 0.0)
    expected.requests = 1
    expected.inputTokens = input
    var held = expected
    switch self.output {
    case .input: break
    case .produced: expected.outputTokens = output
    case .reserved:
      expected.outputTokens = output
      held.outputTokens = maxTokens ?? output
    }
    // Every meter is charged, since headers may tell of any; those without a limit hold nothing.
    held.tokens = self.output == .reserved ? max(maxTokens ?? 0, input) : input
    expected.tokens = final(input: input, output: output, held: held.tokens, keptShare: keptShare)
    return (expected, held)
  }

  /// What a request that is over has used of one limit on tokens of both kinds.
  func final(input: Double, output: Double, held: Double, keptShare: Double) -> Double {
    let used = input + (self.output == .input ? 0 : output)
    return used + keptShare * max(0, held - used)
  }
}
