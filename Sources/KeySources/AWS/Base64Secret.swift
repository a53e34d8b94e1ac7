import Secrets

/// Base64 (RFC 4648, section 4) of a secret, decoded without a copy that is not wiped.
enum Base64Secret {
  /// The secret that a text encodes, with or without padding; nil where it is not base64.
  static func decode(_ text: Span<UInt8>) -> Secret? {
    var digits = text.count
    while digits > 0, text[digits - 1] == UInt8(ascii: "=") { digits -= 1 }
    guard text.count - digits <= 2, digits % 4 != 1,
      (0..<digits).allSatisfy({ value(of: text[$0]) != nil })
    else { return nil }
    return Secret(capacity: digits * 3 / 4) { output in
      var (buffer, bits): (UInt32, UInt32) = (0, 0)
      for index in 0..<digits {
        buffer = buffer << 6 | (value(of: text[index]) ?? 0)
        bits += 6
        guard bits >= 8 else { continue }
        bits -= 8
        output.append(UInt8(truncatingIfNeeded: buffer >> bits))
      }
    }
  }

  private static func value(of digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
