import JSON

extension ErrorBody {
  /// Whether an error object refuses one prompt for its content, whatever status it comes with.
  ///
  /// OpenRouter tells the reasons in `metadata` (openrouter.ai/docs, Errors), Azure in `innererror`,
  /// others by a code; the rest in words, which count only where they name the prompt: an account can
  /// be flagged too.
  func saysItIsAboutPrompt(_ error: JSONValue) -> Bool {
    if let metadata = error["metadata"] {
      if metadata["flagged_input"] != nil { return true }
      if metadata["reasons"]?.elements?.isEmpty == false { return true }
    }
    let codes = [
      code, type, error["innererror"]?["code"]?.string, error["metadata"]?["error_type"]?.string,
    ]
    if codes.contains(where: { $0.map(Self.isAboutContent) ?? false }) { return true }
    return Self.namesContent(code: "", words: (message ?? "").lowercased())
  }

  /// - Parameter words: in lower case.
  static func namesContent(code: String, words: String) -> Bool {
    isAboutContent(code) || contentWords.contains(where: words.contains)
  }

  private static func isAboutContent(_ code: String) -> Bool {
    let code = code.lowercased()
    return contentCodes.contains(where: code.contains)
  }

  private static let contentCodes = [
    "content_policy", "content_filter", "contentfilter", "moderation", "guardrail", "flagged",
    "responsibleaipolicy", "data_inspection_failed", "prohibited_content", "unsafe_content",
  ]

  private static let contentWords = [
    "input was flagged", "prompt was flagged", "content was flagged", "request was flagged",
    "input is flagged", "prompt is flagged", "flagged by moderation", "requires moderation",
    "content policy", "content management policy", "content filter", "inappropriate content",
    "blocked by guardrail",
  ]
}
