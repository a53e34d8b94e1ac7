/// The fields `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).
///
/// `RateLimit-Policy: "burst";q=100;w=60, "tokens";q=20000;qu="tokens";w=60` lists the limits,
/// `RateLimit: "burst";r=50;t=30` says how some of them stand.
struct RateLimitDraft {
  private static let mostLimits = 16

  private var limits: [(name: String, unit: String, reading: LimitReading)] = []

  /// Takes a field, if it is one of the two.
  mutating func note(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
    guard isNamed("ratelimit", name) || isNamed("ratelimit-policy", name) else { return false }
    for item in items(of: value) { note(item) }
    return true
  }

  private mutating func note(_ item: [Substring]) {
    guard let name = item.first.map(unquoted), !name.isEmpty else { return }
    let index = limits.firstIndex { $0.name == name } ?? limits.endIndex
    if index == limits.endIndex {
      guard limits.count < Self.mostLimits else { return }
      limits.append((name, "", LimitReading()))
    }
    for parameter in item.dropFirst() {
      let sides = pieces(of: parameter, between: UInt8(ascii: "=")).map(trimmed)
      guard sides.count == 2 else { continue }
      let number = LimitValue.number(String(sides[1]).utf8.span)
      switch sides[0] {
      case "q": limits[index].reading.note(number, as: .limit)
      case "w": limits[index].reading.note(number, as: .window)
      case "r": limits[index].reading.note(number, as: .remaining)
      case "t": limits[index].reading.note(number, as: .reset)
      case "qu": limits[index].unit = unquoted(sides[1])
      default: break
      }
    }
  }

  /// For each meter the tightest of its limits.
  var sighting: LimitSighting {
    var sighting = LimitSighting.nothing
    for limit in limits {
      guard let meter = meter(of: limit.name, in: limit.unit),
        let standing = limit.reading.standing(),
        sighting[meter].map(standing.isTighter) ?? true
      else { continue }
      sighting[meter] = standing
    }
    return sighting
  }

  /// The draft's own units are requests, content-bytes and concurrent-requests; tokens go by their
  /// unit or by the name of the policy.
  private func meter(of name: String, in unit: String) -> Meter? {
    let words = (name + " " + unit).lowercased().utf8
    func mentions(_ word: String) -> Bool {
      words.indices.contains { words[$0...].starts(with: word.utf8) }
    }
    if mentions("concurrent") || mentions("bytes") { return nil }
    guard mentions("token") else { return .requests }
    if mentions("input") || mentions("prompt") { return .inputTokens }
    return mentions("output") || mentions("completion") ? .outputTokens : .tokens
  }
}

/// The members of a list, each cut at its semicolons (RFC 9651 section 3.1); quotes hold together.
private func items(of value: Span<UInt8>) -> [[Substring]] {
  guard let valid = try? UTF8Span(validating: value) else { return [] }
  return pieces(of: String(copying: valid)[...], between: UInt8(ascii: ",")).map {
    pieces(of: $0, between: UInt8(ascii: ";")).map(trimmed)
  }
}

private func pieces(of text: Substring, between separator: UInt8) -> [Substring] {
  var isQuoted = false
  return text.utf8.split(omittingEmptySubsequences: false) { byte in
    if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
    return byte == separator && !isQuoted
  }
  .map { Substring($0) }
}

private func trimmed(_ text: Substring) -> Substring {
  let start = text.utf8.drop(while: isBlank)
  return start.lastIndex { !isBlank($0) }.map { Substring(start[...$0]) } ?? ""
}

private func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
}

private func unquoted(_ text: Substring) -> String {
  let quote = UInt8(ascii: "\"")
  return text.utf8.first == quote && text.utf8.last == quote && text.utf8.count > 1
    ? String(Substring(text.utf8.dropFirst().dropLast())) : String(text)
}
