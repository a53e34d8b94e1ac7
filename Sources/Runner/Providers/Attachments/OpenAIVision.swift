/// How OpenAI's models look at images (developers.openai.com/api/docs/guides/images-vision, as of
/// autumn 2026): in squares of which each is a token, or in tiles; a pure value.
struct OpenAIVision {
  private enum Rule {
    /// Squares of 32 pixels: so many at most, after the longer side was made no longer than this, each
    /// times a factor.
    case squares(most: Int, side: Int, factor: Double)
    /// Tiles of 512 pixels, so many tokens for each, and so many to begin with.
    case tiles(base: Int, each: Int)
  }

  /// By the beginnings of names, the first that fits.
  private static let rules: [(model: String, rule: Rule)] = [
    ("gpt-4o-mini", .tiles(base: 2_833, each: 5_667)), ("gpt-4o", .tiles(base: 85, each: 170)),
    ("gpt-4.1-mini", small(1.62)), ("gpt-4.1-nano", small(2.46)),
    ("gpt-4.1", .tiles(base: 85, each: 170)), ("gpt-4.5", .tiles(base: 85, each: 170)),
    ("o4-mini", small(1.72)), ("o1", .tiles(base: 75, each: 150)),
    ("o3", .tiles(base: 75, each: 150)), ("gpt-5-mini", small(1.62)), ("gpt-5-nano", small(2.46)),
    ("gpt-5.4-mini", small(1.62)), ("gpt-5.4-nano", small(2.46)),
    ("gpt-5.4", usual),
    ("gpt-5.5", .squares(most: 10_000, side: 6_000, factor: 1.2)),
    ("gpt-5.1", small(1.2)), ("gpt-5.2", small(1.2)), ("gpt-5.3", small(1.2)),
    ("gpt-5.", whole), ("gpt-5", .tiles(base: 70, each: 140)), ("gpt-6", whole),
  ]

  private static let usual = Rule.squares(most: 2_500, side: 2_048, factor: 1.2)

  private static func small(_ factor: Double) -> Rule {
    .squares(most: 1_536, side: 2_048, factor: factor)
  }

  /// Models that look at images as they are; above 30,000 squares they refuse them.
  private static let whole = Rule.squares(most: 30_000, side: 65_535, factor: 1.2)

  /// More than any published formula gives: gpt-4o-mini counts 48,169 for the largest.
  static let mostTokens = 50_000

  /// Nil for a model of others, whose way of counting nobody knows.
  private let rule: Rule?

  init(model: String) {
    let name = model.split(separator: "/").last.map(String.init) ?? model
    rule = Self.rules.first { name.hasPrefix($0.model) }?.rule
  }

  func tokens(of size: PixelSize?) -> AttachmentTokens {
    guard let rule else {
      let expected = Self.tokens(size, Self.usual)
      return AttachmentTokens(expected: expected, most: Self.mostTokens)
    }
    guard size != nil else {
      return AttachmentTokens(expected: Self.tokens(nil, rule), most: Self.mostTokens)
    }
    return AttachmentTokens(Self.tokens(size, rule))
  }

  private static func tokens(_ size: PixelSize?, _ rule: Rule) -> Int {
    // One that nobody can measure is taken for a page of a book at 100 dots an inch.
    let size = size ?? PixelSize(width: 850, height: 1_100)
    switch rule {
    case .squares(let most, let side, let factor):
      let squares = min(most, size.fitting(side: side).squares(of: 32))
      return Int((Double(squares) * factor).rounded(.up))
    case .tiles(let base, let each):
      var fitted = size.fitting(side: 2_048)
      let shorter = min(fitted.width, fitted.height)
      if shorter > 768 { fitted = fitted.fitting(side: fitted.longestSide * 768 / shorter) }
      return base + each * fitted.squares(of: 512)
    }
  }
}

extension OpenAI {
  package func attachmentRules(for model: String) -> AttachmentRules? {
    guard billsOutput else { return nil }
    let vision = OpenAIVision(model: model)
    return AttachmentRules(
      who: name,
      request: 50 << 20,
      side: 65_535,
      tokens: { vision.tokens(of: $0) }
    )
  }
}
