// What stands between the quotes of a string.
extension JSONScanner {
  /// Skips characters that need no look: ASCII but for quotes, backslashes and controls.
  ///
  /// Stops at or before the first byte that needs a look.
  mutating func skipPlainASCII(in text: Span<UInt8>) {
    offset = plainTextEnd(in: text, from: offset, stopping: .atMultibyte)
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

  /// Skips characters of two to four bytes (RFC 3629, section 4), the next byte beginning one.
  mutating func skipMultibyte(in text: Span<UInt8>) throws(JSONError) {
    repeat {
      let lead = text[offset]
      let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
      guard offset + length <= text.count, secondBytes(after: lead).contains(text[offset + 1]),
        length < 3 || text[offset + 2] & 0xC0 == 0x80,
        length < 4 || text[offset + 3] & 0xC0 == 0x80
      else { throw error("a byte is not UTF-8") }
      offset += length
    } while offset < text.count && text[offset] >= 0x80
  }
}

/// What may follow the first byte of a character; nothing if it begins none.
///
/// The narrower ranges keep out encodings that are too long, surrogates and what is past U+10FFFF.
private func secondBytes(after lead: UInt8) -> Range<UInt8> {
  switch lead {
  case 0xC2...0xDF, 0xE1...0xEC, 0xEE...0xEF, 0xF1...0xF3: 0x80..<0xC0
  case 0xE0: 0xA0..<0xC0
  case 0xED: 0x80..<0xA0
  case 0xF0: 0x90..<0xC0
  case 0xF4: 0x80..<0x90
  default: 0..<0
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
