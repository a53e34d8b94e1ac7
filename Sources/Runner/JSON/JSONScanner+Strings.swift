// What stands between the quotes of a string.
extension JSONScanner {
  /// Skips characters that need no look: ASCII but for quotes, backslashes and controls.
  ///
  /// Eight bytes at a time, since most of a job line is text; stops at or before the first byte
  /// that needs a look, within seven bytes of the text's end without one.
  mutating func skipPlainASCII(in text: Span<UInt8>) {
    let raw = unsafe text.bytes
    while offset + 8 <= raw.byteCount {
      // Sound since every bit pattern is a UInt64, and the load checks its bounds.
      let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let marks = Self.marks(in: UInt64(littleEndian: word))
      guard marks == 0 else {
        offset += marks.trailingZeroBitCount >> 3
        return
      }
      offset += 8
    }
  }

  /// A word whose lowest set bit is the top bit of the first byte that needs a look.
  ///
  /// `(x - 0x01…) & ~x & 0x80…` finds zero bytes; a borrow can only mark bytes after a true one.
  private static func marks(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let controls = (word &- ones &* 0x20) & ~word
    return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | controls | word)
      & tops
  }

  /// Reads an escape, the next byte being its backslash.
  mutating func escape(in text: Span<UInt8>) throws(JSONError) {
    offset += 1
    guard offset < text.count else { throw error("a string is not closed") }
    switch text[offset] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      offset += 1
    case UInt8(ascii: "u"):
      offset += 1
      for _ in 0..<4 {
        guard offset < text.count, hexDigit(text[offset]) != nil else {
          throw error("\\u needs four hexadecimal digits")
        }
        offset += 1
      }
    default: throw error("there is no such escape")
    }
  }

  /// Skips one character of two to four bytes (RFC 3629, section 4).
  mutating func skipMultibyte(in text: Span<UInt8>) throws(JSONError) {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch text[offset] {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: throw error("a byte is not UTF-8")
    }
    guard offset + length <= text.count, second.contains(text[offset + 1]) else {
      throw error("a byte is not UTF-8")
    }
    for place in offset + 2..<offset + length where text[place] & 0xC0 != 0x80 {
      throw error("a byte is not UTF-8")
    }
    offset += length
  }
}

/// The value of a hexadecimal digit, 0 to 15, or nil.
func hexDigit(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}
