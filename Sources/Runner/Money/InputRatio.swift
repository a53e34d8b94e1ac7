/// How many tokens the input of requests turned out to be for their size, by model.
package struct InputRatio: Sendable, Equatable {
  /// Answers before which nothing is concluded.
  static let least = 20
  /// Room above the highest ratio that was seen.
  static let margin = 1.25

  private struct Sample: Sendable, Equatable {
    var answers = 0
    var highest = 0.0
  }

  private var samples: [String: Sample] = [:]

  package init() {}

  /// Notes that a request of so many bytes was billed for so many input tokens, caches included.
  package mutating func note(_ model: String, bytes: Int, tokens: Int) {
    guard bytes > 0 else { return }
    var sample = samples[model] ?? Sample()
    sample.answers += 1
    sample.highest = max(sample.highest, Double(tokens) / Double(bytes))
    samples[model] = sample
  }

  /// The most tokens that a request of this size is likely to be; nil before enough answers.
  package func likelyMost(_ model: String, bytes: Int) -> Int? {
    guard let sample = samples[model], sample.answers >= Self.least else { return nil }
    let tokens = (Double(bytes) * sample.highest * Self.margin).rounded(.up)
    return Int(tokens) + RequestBound.frameTokens
  }
}
