/// How Claude models look at files (platform.claude.com/docs/en/build-with-claude/vision, as of
/// September 2026, and …/pdf-support); a pure value.
struct ClaudeVision {
  /// Pixels of a side of one of the squares of which each is a token.
  private static let square = 28

  /// The number of the model's generation, such as 4.7; the newest where its name does not tell.
  private let generation: Double

  /// - Parameter model: its name, also as gateways write it.
  init(model: String) {
    // Names of old put the number first: claude-3-5-sonnet-20241022.
    if model.contains("claude-3") || model.contains("claude-2") {
      generation = 3
    } else if let found = model.firstMatch(
      of: /(?:opus|sonnet|haiku|fable|mythos)-([0-9]{1,2})(?:[-.]([0-9]{1,2}))?(?![0-9])/
    ) {
      let minor = found.output.2.flatMap { Double($0) } ?? 0
      generation = (Double(found.output.1) ?? 99) + min(minor, 9) / 10
    } else {
      generation = 99
    }
  }

  /// Larger images are made smaller by the provider: pixels of the longer side, and tokens.
  private var limit: (side: Int, tokens: Int) {
    generation >= 4.65 ? (2_576, 4_784) : (1_568, 1_568)
  }

  /// A hundred for models that take 200,000 tokens, those before 4.6.
  var pages: Int { generation >= 4.55 ? 600 : 100 }

  func tokens(of size: PixelSize?) -> AttachmentTokens {
    guard let size else { return AttachmentTokens(limit.tokens) }
    return AttachmentTokens(
      min(limit.tokens, size.fitting(side: limit.side).squares(of: Self.square))
    )
  }
}

extension Anthropic {
  package func attachmentRules(for model: String) -> AttachmentRules? {
    let vision = ClaudeVision(model: model)
    return AttachmentRules(
      who: name,
      request: 32 << 20,
      image: 10 << 20,
      side: 8_000,
      pages: vision.pages,
      tokens: { vision.tokens(of: $0) }
    )
  }
}
