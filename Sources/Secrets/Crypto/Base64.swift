/// Base64 with the standard alphabet (RFC 4648, section 4) that accepts the one canonical encoding
/// of each byte sequence and no other.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
  )

  /// The value of each byte as a digit; 255 for bytes that are none.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
    return values
  }()

  /// The encoding of bytes that are not secret.
  package static func encode(_ bytes: some Collection<UInt8>, padded: Bool) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var bits = 0
    var buffer: UInt32 = 0
    for byte in bytes {
      buffer = buffer << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(alphabet[Int(buffer >> UInt32(bits) & 63)])
      }
    }
    if bits > 0 { text.append(alphabet[Int(buffer << UInt32(6 - bits) & 63)]) }
    while padded, text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    return text
  }

  /// The bytes that `text` encodes, which are not secret; nil when it is not the canonical encoding
  /// of any.
  static func decode(_ text: some BidirectionalCollection<UInt8>, padded: Bool) -> [UInt8]? {
    var digits = text[...]
    if padded {
      guard text.count.isMultiple(of: 4) else { return nil }
      if digits.last == UInt8(ascii: "=") { digits.removeLast() }
      if digits.last == UInt8(ascii: "=") { digits.removeLast() }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count * 3 / 4)
    var decoder = Decoder()
    for digit in digits where !decoder.take(digit, { bytes.append($0) }) { return nil }
    return decoder.isComplete ? bytes : nil
  }

  /// The secret that `text` encodes, with padding or without, decoded without a copy that is not
  /// wiped; nil when it is not the canonical encoding of any.
  package static func secret(_ text: Span<UInt8>) -> Secret? {
    var count = text.count
    while count > 0, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
    guard text.count == count || (text.count - count <= 2 && text.count % 4 == 0) else {
      return nil
    }
    var decoder = Decoder()
    let secret = Secret(capacity: count * 3 / 4) { output in
      for index in 0..<count where !decoder.take(text[index], { output.append($0) }) { return }
    }
    guard decoder.isComplete else { return nil }
    return secret
  }

  /// Puts bytes together from digits of six bits.
  private struct Decoder {
    private var bits = 0
    private var buffer: UInt32 = 0
    private var isDamaged = false

    /// A whole unused digit, or unused bits that are not zero, would be a second encoding.
    var isComplete: Bool { !isDamaged && bits < 6 && buffer == 0 }

    /// Takes one digit; false for what is none.
    mutating func take(_ digit: UInt8, _ emit: (UInt8) -> Void) -> Bool {
      let value = values[Int(digit)]
      isDamaged = isDamaged || value >= 64
      guard !isDamaged else { return false }
      buffer = buffer << 6 | UInt32(value)
      bits += 6
      guard bits >= 8 else { return true }
      bits -= 8
      emit(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      buffer &= (1 << UInt32(bits)) - 1
      return true
    }
  }
}
