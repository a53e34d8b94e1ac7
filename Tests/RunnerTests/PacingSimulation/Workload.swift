import Foundation
import TestSupport

/// A job of a simulated run.
struct SimulatedJob {
  /// Bytes of the request's body, which is all that a client knows of the prompt's length.
  let bytes: Int
  let inputTokens: Double
  let outputTokens: Double
  let maxTokens: Double
  /// How often it was sent without success.
  var failures = 0

  /// The job after one more request without success.
  var failed: SimulatedJob {
    var job = self
    job.failures += 1
    return job
  }
}

/// Jobs without end: prompts and answers have lognormal lengths.
struct Workload {
  var medianPrompt = 800.0
  var promptSigma = 0.8
  var maxTokens = 512.0
  /// Mean length of the answers, as a share of ``maxTokens``.
  var meanAnswer = 0.28
  var answerSigma = 0.6
  /// How far the bytes of one prompt are from the mean for its tokens: uniform in ± this share.
  var estimateError = 0.05
  /// What the tokens of this corpus have on average; other than the 4 that people assume.
  static let bytesPerToken = 3.6

  func nextJob(using random: inout SeededGenerator) -> SimulatedJob {
    let input = max(1, (medianPrompt * exp(promptSigma * random.normal())).rounded())
    let mean = maxTokens * meanAnswer
    let spread = exp(answerSigma * random.normal() - answerSigma * answerSigma / 2)
    let error = 1 + estimateError * (2 * random.uniform() - 1)
    return SimulatedJob(
      bytes: Int(input * Self.bytesPerToken * error),
      inputTokens: input,
      outputTokens: min(maxTokens, max(1, (mean * spread).rounded())),
      maxTokens: maxTokens
    )
  }
}

extension SeededGenerator {
  /// In 0 ..< 1.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
  }

  /// Of mean 0 and variance 1 (Box and Muller, 1958).
  mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}
