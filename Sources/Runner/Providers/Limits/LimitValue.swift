import KeySources

/// How values are written in header fields about limits; each is nil for what is not written so.
enum LimitValue {
  /// A number of at least zero in plain decimals, such as `4999` or `0.5`, below 10^15.
  static func number(_ text: Span<UInt8>) -> Double? {
    var place = 0
    guard let number = decimal(text, at: &place), place == text.count else { return nil }
    return number
  }

  /// Seconds written as `6m0s`, `12ms`, `1h2m3.5s`, `2d` or a plain number (Go's durations).
  static func duration(_ text: Span<UInt8>) -> Double? {
    if let seconds = number(text) { return seconds }
    var place = 0
    var seconds = 0.0
    while place < text.count {
      guard let number = decimal(text, at: &place), let unit = unit(in: text, at: &place) else {
        return nil
      }
      seconds += number * unit
    }
    return text.isEmpty ? nil : seconds
  }

  /// Seconds since 1970 of a moment such as `2026-11-23T20:00:00.25+01:00` (RFC 3339).
  static func moment(_ text: Span<UInt8>) -> Double? {
    guard text.count <= 64 else { return nil }
    let bytes = text.indices.map { text[$0] }
    return Timestamp.moment(String(decoding: bytes, as: UTF8.self)).map { Double($0) / 1_000 }
  }

  /// A unit's seconds.
  private static func unit(in text: Span<UInt8>, at place: inout Int) -> Double? {
    guard place < text.count else { return nil }
    let letter = text[place]
    place += 1
    switch letter {
    case UInt8(ascii: "s"): return 1
    case UInt8(ascii: "h"): return 3_600
    case UInt8(ascii: "d"): return 86_400
    case UInt8(ascii: "m"):
      guard place < text.count, text[place] == UInt8(ascii: "s") else { return 60 }
      place += 1
      return 0.001
    default: return nil
    }
  }

  /// Steps over digits with at most one point among them; nil if there are none, or too many.
  private static func decimal(_ text: Span<UInt8>, at place: inout Int) -> Double? {
    var (value, scale, count) = (0.0, 1.0, 0)
    var isFraction = false
    while place < text.count {
      let digit = text[place] &- UInt8(ascii: "0")
      if digit < 10 {
        value = value * 10 + Double(digit)
        if isFraction { scale *= 10 }
        count += 1
      } else if text[place] == UInt8(ascii: "."), !isFraction, count > 0 {
        isFraction = true
      } else {
        break
      }
      place += 1
    }
    return count > 0 && count <= 24 && value / scale < 1e15 ? value / scale : nil
  }
}
