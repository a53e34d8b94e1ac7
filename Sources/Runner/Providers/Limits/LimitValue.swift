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
    guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(text[10]),
      let year = digits(text, 0..<4), let month = digits(text, 5..<7),
      let day = digits(text, 8..<10), (1...12).contains(month), (1...31).contains(day),
      let clock = clock(text, at: 11), text[16] == UInt8(ascii: ":")
    else { return nil }
    var place = 17
    guard let seconds = decimal(text, at: &place), seconds < 61,
      let offset = offset(text, at: place)
    else { return nil }
    let days = daysSince1970(year: year, month: month, day: day)
    return Double(days * 86_400 + clock - offset) + seconds
  }

  /// Seconds of `Z`, `+01:00` or `-08:00`.
  private static func offset(_ text: Span<UInt8>, at place: Int) -> Int? {
    guard place < text.count else { return nil }
    switch text[place] {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): return place + 1 == text.count ? 0 : nil
    case UInt8(ascii: "+"): return place + 6 == text.count ? clock(text, at: place + 1) : nil
    case UInt8(ascii: "-"):
      return place + 6 == text.count ? clock(text, at: place + 1).map { -$0 } : nil
    default: return nil
    }
  }

  /// Seconds of `23:59`.
  private static func clock(_ text: Span<UInt8>, at place: Int) -> Int? {
    guard let hours = digits(text, place..<place + 2), hours < 24,
      text[place + 2] == UInt8(ascii: ":"),
      let minutes = digits(text, place + 3..<place + 5), minutes < 60
    else { return nil }
    return hours * 3_600 + minutes * 60
  }

  private static func digits(_ text: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var value = 0
    for place in range {
      let digit = text[place] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
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
