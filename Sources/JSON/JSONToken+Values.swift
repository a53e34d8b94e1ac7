// What tokens say. `text` is the text that the token was found in.
extension JSONToken {
  /// Whether a string token is this name; names with escapes count too.
  package func isString(_ name: String, in text: Span<UInt8>) -> Bool {
    if hasEscapes { return string(in: text) == name }
    guard kind == .string, range.count - 2 == name.utf8.count else { return false }
    var place = range.lowerBound + 1
    for byte in name.utf8 {
      guard text[place] == byte else { return false }
      place += 1
    }
    return true
  }

  /// The value of a string; nil for other kinds.
  ///
  /// An escaped surrogate without its partner reads as U+FFFD.
  package func string(in text: Span<UInt8>) -> String? {
    guard kind == .string else { return nil }
    guard hasEscapes else { return utf8String(text.extracting(content)) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    unescape(in: text) { bytes.append($0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// True for a string of nothing but white space, or nothing at all; its first byte mostly tells.
  package func isBlank(in text: Span<UInt8>) -> Bool {
    guard kind == .string else { return false }
    var place = content.lowerBound
    while place < content.upperBound, text[place] == 0x20 { place += 1 }
    guard place < content.upperBound else { return true }
    let isOpen = text[place] == UInt8(ascii: "\\") || text[place] >= 0x80
    return isOpen && string(in: text)?.allSatisfy(\.isWhitespace) == true
  }

  /// Gives the value of a string piece by piece, in UTF-8, so that a secret goes from its text
  /// straight to where it is kept; nothing for other kinds.
  ///
  /// An escaped surrogate without its partner reads as U+FFFD.
  package func unescape(in text: Span<UInt8>, to sink: (Span<UInt8>) -> Void) {
    guard kind == .string else { return }
    let content = text.extracting(self.content)
    var place = 0
    while place < content.count {
      var end = plainTextEnd(in: content, from: place, stopping: .atEscape)
      while end < content.count, content[end] != UInt8(ascii: "\\") { end += 1 }
      sink(content.extracting(place..<end))
      place = end
      guard place < content.count else { return }
      let scalar = escapedScalar(content, &place)
      var bytes = InlineArray<4, UInt8>(repeating: 0)
      var count = 0
      for byte in String(scalar).utf8 {
        bytes[count] = byte
        count += 1
      }
      sink(bytes.span.extracting(0..<count))
    }
  }

  /// What stands between the quotes.
  private var content: Range<Int> { range.lowerBound + 1..<range.upperBound - 1 }

  /// The value of a number that is whole and fits; nil for others, such as `1.5` and `"1"`.
  package func integer(in text: Span<UInt8>) -> Int? {
    guard kind == .number else { return nil }
    let digits = source(in: text)
    return Int(digits) ?? Double(digits).flatMap(Int.init(exactly:))
  }

  /// The value of a number, rounded to a `Double`; nil for other kinds and beyond its range.
  package func double(in text: Span<UInt8>) -> Double? {
    guard kind == .number, let value = Double(source(in: text)), value.isFinite else { return nil }
    return value
  }

  /// The token's bytes as they stand.
  package func source(in text: Span<UInt8>) -> String {
    utf8String(text.extracting(range)) ?? ""
  }
}

private func utf8String(_ bytes: Span<UInt8>) -> String? {
  do {
    return String(copying: try UTF8Span(validating: bytes))
  } catch {
    return nil
  }
}

/// Reads one escape, or two that are a surrogate pair, from its backslash on.
private func escapedScalar(_ content: Span<UInt8>, _ place: inout Int) -> Unicode.Scalar {
  let letter = content[place + 1]
  place += 2
  switch letter {
  case UInt8(ascii: "b"): return "\u{8}"
  case UInt8(ascii: "f"): return "\u{C}"
  case UInt8(ascii: "n"): return "\n"
  case UInt8(ascii: "r"): return "\r"
  case UInt8(ascii: "t"): return "\t"
  case UInt8(ascii: "u"): return unicodeEscape(content, &place)
  default: return Unicode.Scalar(letter)
  }
}

/// Reads the digits of one or, for a surrogate pair, two `\u` escapes from `place` on.
private func unicodeEscape(_ content: Span<UInt8>, _ place: inout Int) -> Unicode.Scalar {
  let first = codeUnit(content, at: place)
  place += 4
  if let scalar = Unicode.Scalar(first) { return scalar }
  guard first < 0xDC00, place + 6 <= content.count, content[place] == UInt8(ascii: "\\"),
    content[place + 1] == UInt8(ascii: "u")
  else { return "\u{FFFD}" }
  let second = codeUnit(content, at: place + 2)
  guard (0xDC00..<0xE000).contains(second),
    let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
  else { return "\u{FFFD}" }
  place += 6
  return scalar
}

private func codeUnit(_ content: Span<UInt8>, at place: Int) -> UInt32 {
  (place..<place + 4).reduce(0) { $0 << 4 | (hexDigit(content[$1]) ?? 0) }
}
