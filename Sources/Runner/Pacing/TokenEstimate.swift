/// Guesses a request's tokens from what earlier ones of the same model turned out to have.
///
/// Both guesses are means over about the last two hundred answers.
package struct TokenEstimate: Sendable {
  private static let memory = 0.995
  /// Bytes for which the first guess, four bytes a token, stands.
  private static let firstWeight = 2_000.0

  private var tokens = firstWeight / 4
  private var bytes = firstWeight
  /// By the size of `max_tokens`: longer answers are allowed where they are expected.
  private var outputs: [Output]

  private struct Output: Sendable {
    var sum: Double
    var weight: Double
  }

  /// - Parameter expectedOutput: tokens that an answer is taken to have before the first one came.
  package init(expectedOutput: Double) {
    outputs = Array(repeating: Output(sum: expectedOutput, weight: 1), count: Self.classes)
  }

  /// Input tokens for each byte of a body.
  package var tokensPerByte: Double { tokens / bytes }

  private static let classes = 34

  /// The class of requests with this limit: one for each power of two, and one without a limit.
  static func outputClass(_ maxTokens: Int?) -> Int {
    guard let maxTokens else { return 0 }
    return min(classes - 1, Int.bitWidth - maxTokens.leadingZeroBitCount)
  }

  /// Expected tokens of an answer; half of what is allowed while nothing like it was answered.
  func output(of outputClass: Int, maxTokens: Int?) -> Double {
    let known = outputs[outputClass]
    if known.weight > 1 { return known.sum / known.weight }
    return min(known.sum, maxTokens.map { Double($0) / 2 } ?? known.sum)
  }

  /// Learns from an answer, of its output alone where it has neither input nor bytes.
  mutating func learn(input: Double, bytes: Double, output: Double, of outputClass: Int) {
    if input > 0 || bytes > 0 {
      tokens = tokens * Self.memory + input
      self.bytes = self.bytes * Self.memory + bytes
    }
    outputs[outputClass].sum = outputs[outputClass].sum * Self.memory + output
    outputs[outputClass].weight = outputs[outputClass].weight * Self.memory + 1
  }
}
