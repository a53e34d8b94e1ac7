/// Where a search for the end of plain text stops.
enum PlainTextStop {
  /// At what a JSON string must escape: quotes, backslashes and control characters.
  case atEscape
  /// There, and at every byte that is not ASCII.
  case atMultibyte
}

/// How far text is plain from `start` on, or a little less: up to seven bytes at its end are left.
///
/// Eight bytes at a time, since most of a job line, and of a result, is text.
func plainTextEnd(in text: Span<UInt8>, from start: Int, stopping stop: PlainTextStop) -> Int {
  let tops: UInt64 = 0x8080_8080_8080_8080
  let raw = unsafe text.bytes
  var place = start
  while place + 8 <= raw.byteCount {
    // Sound since every bit pattern is a UInt64, and the load checks its bounds.
    let load = unsafe raw.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
    let word = UInt64(littleEndian: load)
    let marks = (escapes(in: word) | (stop == .atMultibyte ? word : 0)) & tops
    guard marks == 0 else { return place + (marks.trailingZeroBitCount >> 3) }
    place += 8
  }
  return place
}

/// Marks the top bits of bytes that need an escape; only the lowest mark is to be trusted.
///
/// `(x - 0x01…) & ~x` has the top bit set where x is zero; a borrow can set it wrongly, but only
/// above a byte that has it rightly.
private func escapes(in word: UInt64) -> UInt64 {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
  let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
  let controls = (word &- ones &* 0x20) & ~word
  return (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | controls
}
