/// Makes JSON of a text that nearly is, as lenient readers take it.
///
/// Servers put a byte order mark before it, write `NaN` and `Infinity`, leave control characters in
/// strings as they are, cut characters in two, or use UTF-16; what they say is whole all the same.
package enum JSONRepair {
  /// The text with those mended: numbers that are none as null, control characters escaped, broken
  /// characters as U+FFFD.
  ///
  /// Whether it is JSON now is for a reader to say.
  package static func mended(_ text: [UInt8]) -> [UInt8] {
    let text = utf8(text)
    var mended: [UInt8] = []
    mended.reserveCapacity(text.count + 16)
    var place = 0
    while text[place...].starts(with: byteOrderMark) { place += byteOrderMark.count }
    var isInString = false
    while place < text.count {
      place =
        isInString
        ? copyString(text, place, to: &mended, &isInString)
        : copyStructure(text, place, to: &mended, &isInString)
    }
    return mended
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Copies one piece from inside a string; returns where the next one begins.
  private static func copyString(
    _ text: [UInt8],
    _ place: Int,
    to mended: inout [UInt8],
    _ isInString: inout Bool
  ) -> Int {
    switch text[place] {
    case 0..<0x20: mended.appendEscape(text[place])
    case 0x80...:
      let end = text[place...].firstIndex { $0 < 0x80 } ?? text.endIndex
      mended += String(decoding: text[place..<end], as: UTF8.self).utf8
      return end
    case UInt8(ascii: "\\") where place + 1 < text.count && (0x20..<0x80).contains(text[place + 1]):
      mended += text[place...place + 1]
      return place + 2
    default:
      isInString = text[place] != UInt8(ascii: "\"")
      mended.append(text[place])
    }
    return place + 1
  }

  /// Copies one piece from between strings; returns where the next one begins.
  private static func copyStructure(
    _ text: [UInt8],
    _ place: Int,
    to mended: inout [UInt8],
    _ isInString: inout Bool
  ) -> Int {
    for word in noNumbers where text[place...].starts(with: word) {
      mended.appendRaw("null")
      return place + word.count
    }
    isInString = text[place] == UInt8(ascii: "\"")
    mended.append(text[place])
    return place + 1
  }

  private static let noNumbers = ["NaN", "Infinity", "-Infinity"].map { Array($0.utf8) }

  /// Text in UTF-16, told by its mark or by the zeros of its first character (RFC 4627, section 3), in
  /// UTF-8; any other as it is.
  private static func utf8(_ text: [UInt8]) -> [UInt8] {
    guard text.count >= 2 else { return text }
    let isBigEndian: Bool
    switch (text[0], text[1]) {
    case (0xFE, 0xFF), (0, 1...): isBigEndian = true
    case (0xFF, 0xFE), (1..., 0): isBigEndian = false
    default: return text
    }
    let units = stride(from: 0, to: text.count - 1, by: 2).map { place in
      let (first, second) = (UInt16(text[place]), UInt16(text[place + 1]))
      return isBigEndian ? first << 8 | second : second << 8 | first
    }
    return Array(String(decoding: units.drop { $0 == 0xFEFF }, as: UTF16.self).utf8)
  }
}
