/// What a job asks for.
package enum Payload: Sendable, Equatable {
  /// A body in the provider's own format, sent as the bytes it came in.
  ///
  /// `path` is the line's `url`; nil where the line's shape has none.
  case native(path: String?, body: ArraySlice<UInt8>)
  /// A prompt that the provider puts into its own format.
  case prompt(Prompt)
}

/// A plain prompt with what the job file and the flags add to it.
package struct Prompt: Sendable, Equatable {
  /// The user's message, or the text to embed.
  package var text: String
  /// The system prompt.
  package var system: String?
  package var model: String
  /// The most tokens the answer may have, at least 1.
  package var maxTokens: Int?

  package init(text: String, system: String? = nil, model: String, maxTokens: Int? = nil) {
    self.text = text
    self.system = system
    self.model = model
    self.maxTokens = maxTokens
  }
}
