/// Which limit a header field speaks of, and what it says of it.
struct LimitField {
  /// Fields that are named and written alike.
  enum Family {
    /// `anthropic-ratelimit-…`.
    case anthropic
    /// `anthropic-priority-…` and `anthropic-fast-…`: limits beside the common ones.
    case anthropicTier
    /// `x-ratelimit-…-requests` and `-tokens`: OpenAI, Azure and many others.
    case openAI
    /// `x-ratelimit-…-project-tokens`.
    case openAIProject
    /// `x-ratelimit-…` and `ratelimit-…`, which name no meter (the latter
    /// draft-ietf-httpapi-ratelimit-headers until revision 6).
    case plain
  }

  /// What a field says of a limit.
  enum Part {
    case limit
    case remaining
    case reset
    case window
  }

  let family: Family
  let meter: Meter
  let part: Part

  /// Reads a field's name, in whatever case; nil for fields about other things.
  init?(_ name: Span<UInt8>) {
    var place = 0
    if take("anthropic-", from: name, at: &place) {
      self.init(anthropic: name, at: place)
    } else if take("x-ratelimit-", from: name, at: &place) {
      self.init(openAI: name, at: place)
    } else if take("ratelimit-", from: name, at: &place) {
      guard let part = Self.part(in: name, at: &place), place == name.count else { return nil }
      self.init(.plain, .requests, part)
    } else {
      return nil
    }
  }

  private init(_ family: Family, _ meter: Meter, _ part: Part) {
    self.family = family
    self.meter = meter
    self.part = part
  }

  /// `ratelimit-input-tokens-remaining`.
  private init?(anthropic name: Span<UInt8>, at start: Int) {
    var place = start
    let isCommon = take("ratelimit-", from: name, at: &place)
    guard
      isCommon || take("priority-", from: name, at: &place)
        || take("fast-", from: name, at: &place)
    else { return nil }
    let meter: Meter
    if take("requests-", from: name, at: &place) {
      meter = .requests
    } else if take("input-tokens-", from: name, at: &place) {
      meter = .inputTokens
    } else if take("output-tokens-", from: name, at: &place) {
      meter = .outputTokens
    } else if take("tokens-", from: name, at: &place) {
      meter = .tokens
    } else {
      return nil
    }
    guard let part = Self.part(in: name, at: &place), place == name.count else { return nil }
    self.init(isCommon ? .anthropic : .anthropicTier, meter, part)
  }

  /// `remaining-tokens`.
  private init?(openAI name: Span<UInt8>, at start: Int) {
    var place = start
    guard let part = Self.part(in: name, at: &place) else { return nil }
    if place == name.count {
      self.init(.plain, .requests, part)
    } else if take("-requests", from: name, at: &place) {
      self.init(.openAI, .requests, part)
    } else if take("-tokens", from: name, at: &place) {
      self.init(.openAI, .tokens, part)
    } else if take("-project-tokens", from: name, at: &place) {
      self.init(.openAIProject, .tokens, part)
    } else {
      return nil
    }
    guard place == name.count else { return nil }
  }

  private static func part(in name: Span<UInt8>, at place: inout Int) -> Part? {
    if take("limit", from: name, at: &place) { return .limit }
    if take("remaining", from: name, at: &place) { return .remaining }
    if take("reset", from: name, at: &place) { return .reset }
    return take("renewalperiod", from: name, at: &place) ? .window : nil
  }
}

/// Steps over a word in lower case, if that is what stands there in any case.
private func take(_ word: StaticString, from name: Span<UInt8>, at place: inout Int) -> Bool {
  let letters = word.utf8CodeUnitCount
  guard name.count - place >= letters else { return false }
  let isThere = word.withUTF8Buffer { word in
    for index in word.indices where unsafe name[place + index] | 0x20 != word[index] | 0x20 {
      return false
    }
    return true
  }
  if isThere { place += letters }
  return isThere
}

/// Whether a field has this name, given in lower case.
func isNamed(_ word: StaticString, _ name: Span<UInt8>) -> Bool {
  var place = 0
  return name.count == word.utf8CodeUnitCount && take(word, from: name, at: &place)
}
