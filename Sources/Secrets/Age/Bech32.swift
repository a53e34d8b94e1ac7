/// Bech32 (BIP 173) without its length limit, as age writes identities and recipients.
/// Works from secrets to secrets, because an identity is one.
enum Bech32 {
  private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
  private static let separator = UInt8(ascii: "1")
  private static let checksumDigits = 6

  /// What a text says: the kind of payload, in lower case, and the payload.
  struct Decoded: ~Copyable {
    let prefix: String
    let payload: Secret
  }

  /// Encodes in lower case; `prefix` is given in lower case.
  static func encode(prefix: String, payload: Span<UInt8>) -> Secret {
    let digits = Secret(capacity: (payload.count * 8 + 4) / 5) { output in
      _ = regroup(payload, from: 8, to: 5, into: &output)
    }
    return digits.withBytes { digits in
      Secret(capacity: prefix.utf8.count + 1 + digits.count + checksumDigits) { output in
        var checksum = Checksum(prefix: prefix)
        for letter in prefix.utf8 { output.append(letter) }
        output.append(separator)
        for index in digits.indices {
          checksum.add(digits[index])
          output.append(alphabet[Int(digits[index])])
        }
        for digit in checksum.digits { output.append(alphabet[Int(digit)]) }
      }
    }
  }

  /// The prefix and payload of a text; nil when it is not Bech32, mixes cases, or its checksum is
  /// wrong.
  static func decode(_ text: Span<UInt8>) -> Decoded? {
    guard isSingleCase(text), let split = text.indices.last(where: { text[$0] == separator }),
      split > 0, text.count - split - 1 >= checksumDigits
    else { return nil }
    let prefix = String(decoding: (0..<split).map { lowercase(text[$0]) }, as: UTF8.self)
    var valid = true
    let digits = Secret(capacity: text.count) { output in
      for index in split + 1..<text.count {
        guard let digit = alphabet.firstIndex(of: lowercase(text[index])) else {
          valid = false
          return
        }
        output.append(UInt8(digit))
      }
    }
    guard valid else { return nil }
    return digits.withBytes { decode(prefix: prefix, digits: $0) }
  }

  private static func decode(prefix: String, digits: Span<UInt8>) -> Decoded? {
    var checksum = Checksum(prefix: prefix)
    for index in digits.indices { checksum.add(digits[index]) }
    guard checksum.isComplete else { return nil }
    let data = digits.extracting(..<(digits.count - checksumDigits))
    var valid = true
    let payload = Secret(capacity: data.count) { output in
      valid = regroup(data, from: 5, to: 8, into: &output)
    }
    return valid ? Decoded(prefix: prefix, payload: payload) : nil
  }

  /// Cuts groups of `width` bits into groups of another width. Going to smaller groups the rest is
  /// padded with zeros; coming back, fails when the padding is not zero or a whole group long.
  private static func regroup(
    _ input: Span<UInt8>,
    from width: Int,
    to newWidth: Int,
    into output: inout OutputSpan<UInt8>
  ) -> Bool {
    var buffer = 0
    var bits = 0
    for index in input.indices {
      buffer = (buffer << width | Int(input[index])) & 0xFFFF
      bits += width
      while bits >= newWidth {
        bits -= newWidth
        output.append(UInt8(buffer >> bits & (1 << newWidth - 1)))
      }
    }
    let rest = buffer & (1 << bits - 1)
    if newWidth > width { return bits < width && rest == 0 }
    if bits > 0 { output.append(UInt8(rest << (newWidth - bits))) }
    return true
  }

  private static func isSingleCase(_ text: Span<UInt8>) -> Bool {
    let upper = text.indices.contains { (0x41...0x5A).contains(text[$0]) }
    let lower = text.indices.contains { (0x61...0x7A).contains(text[$0]) }
    return !(upper && lower) && text.indices.allSatisfy { (0x21...0x7E).contains(text[$0]) }
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }
}

/// The checksum of BIP 173, digit by digit.
private struct Checksum {
  private static let generator: [UInt32] = [
    0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3,
  ]

  private var value: UInt32 = 1

  init(prefix: String) {
    for letter in prefix.utf8 { add(letter >> 5) }
    add(0)
    for letter in prefix.utf8 { add(letter & 31) }
  }

  mutating func add(_ digit: UInt8) {
    let top = value >> 25
    value = (value & 0x1ff_ffff) << 5 ^ UInt32(digit)
    for (bit, term) in Self.generator.enumerated() where top >> UInt32(bit) & 1 == 1 {
      value ^= term
    }
  }

  /// Whether the digits added so far end in their own checksum.
  var isComplete: Bool { value == 1 }

  /// The six digits that complete what was added.
  var digits: [UInt8] {
    var padded = self
    for _ in 0..<6 { padded.add(0) }
    let code = padded.value ^ 1
    return (0..<6).map { UInt8(code >> UInt32(5 * (5 - $0)) & 31) }
  }
}
