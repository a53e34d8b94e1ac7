import JSON

extension Usage {
  /// Reads what an answer says it used.
  ///
  /// Where it does not say how much came in, or says what is no number, nothing is known of it.
  init(
    input: JSONValue?,
    output: JSONValue?,
    cacheRead: JSONValue? = nil,
    cacheCreation: JSONValue? = nil,
    tier: JSONValue? = nil
  ) {
    let (input, output) = (input.flatMap(Self.count), output.map(Self.count) ?? 0)
    guard let input, let output else {
      self.init()
      return
    }
    self.init(
      inputTokens: input,
      outputTokens: output,
      cacheRead: cacheRead.flatMap(Self.count) ?? 0,
      cacheCreation: cacheCreation.flatMap(Self.count) ?? 0,
      tier: ServiceTier(tier?.string)
    )
  }

  /// A number of tokens, also as text; a part of one counts as one.
  private static func count(_ value: JSONValue) -> Int? {
    let number = value.double ?? value.string.flatMap { Double($0) }
    return number.map { Int(saturating: $0.rounded(.up)) }
  }
}
