/// What a provider's answer says that is a job's result.
package struct Completion: Sendable, Equatable {
  package var usage: Usage
  /// Why the answer ended; nil where it does not say.
  package var finish: FinishReason?
  /// The answer as JSON, where what came was something else.
  package var mended: MendedAnswer?

  package init(
    _ usage: Usage = Usage(),
    finish: FinishReason? = nil,
    mended: MendedAnswer? = nil
  ) {
    self.usage = usage
    self.finish = finish
    self.mended = mended
  }
}

/// An answer that is whole but did not come as JSON.
package struct MendedAnswer: Sendable, Equatable {
  package let json: [UInt8]
  /// What it came as, in words.
  package let reason: String

  package init(json: [UInt8], reason: String) {
    self.json = json
    self.reason = reason
  }
}

/// Why an answer ended, in one vocabulary for all providers: OpenAI's words where it has one.
package struct FinishReason: Sendable, Hashable, CustomStringConvertible {
  /// Came to its natural end.
  package static let stop = FinishReason(word: "stop")
  /// Cut at the most tokens that it might have.
  package static let length = FinishReason(word: "length")
  /// The model did not want to.
  package static let refusal = FinishReason(word: "refusal")
  /// The provider's filter cut it.
  package static let contentFilter = FinishReason(word: "content_filter")
  package static let toolCalls = FinishReason(word: "tool_calls")
  /// The provider broke it off.
  package static let error = FinishReason(word: "error")

  /// Holds nothing: no choice, or none that says anything.
  package static let empty = FinishReason(word: "empty")

  /// Why an answer that says nothing ended: a word that explains it, else that it is empty.
  static func silent(_ reason: FinishReason?) -> FinishReason {
    reason.flatMap { $0 == stop ? nil : $0 } ?? empty
  }

  private let word: String

  private init(word: String) { self.word = word }

  /// Reads a provider's word, whatever its case; one that is not known stands for itself.
  ///
  /// Returns nil for what is no word.
  package init?(_ text: String) {
    let word = text.lowercased()
    guard (1...40).contains(word.utf8.count),
      word.utf8.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "_") })
    else { return nil }
    self = Self.synonyms[word] ?? FinishReason(word: word)
  }

  private static let synonyms: [String: FinishReason] = [
    "end_turn": stop, "stop_sequence": stop, "eos": stop, "eos_token": stop, "completed": stop,
    "max_tokens": length, "max_output_tokens": length, "model_length": length,
    "model_context_window_exceeded": length, "max_length": length,
    "safety": contentFilter, "content_filtered": contentFilter, "sensitive": contentFilter,
    "recitation": contentFilter, "prohibited_content": contentFilter, "blocklist": contentFilter,
    "spii": contentFilter, "guardrail_intervened": contentFilter,
    "tool_use": toolCalls, "function_call": toolCalls,
    "abort": error, "aborted": error, "cancelled": error, "failed": error, "network_error": error,
    // DeepSeek's word (api-docs.deepseek.com, chat completion).
    "insufficient_system_resource": error,
  ]

  /// Whether the answer is what was asked for, whole.
  package var isOrdinary: Bool { self == .stop || self == .toolCalls }

  /// Of several choices the one that is to be told.
  static func worst(_ reasons: [FinishReason]) -> FinishReason? {
    reasons.contains(error) ? error : reasons.first { !$0.isOrdinary } ?? reasons.first
  }

  package var description: String { word }
}
