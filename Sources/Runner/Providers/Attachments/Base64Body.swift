extension [UInt8] {
  private static let base64 = Self(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
  )

  /// Appends the Base64 of a file (RFC 4648, section 4), padded, in one pass and in its final place.
  mutating func appendBase64(_ bytes: [UInt8]) {
    reserveCapacity(count + AttachedFile.base64Count(of: bytes.count))
    let signs = Self.base64
    var place = 0
    while place + 2 < bytes.count {
      let word = Int(bytes[place]) << 16 | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2])
      append(signs[word >> 18])
      append(signs[word >> 12 & 63])
      append(signs[word >> 6 & 63])
      append(signs[word & 63])
      place += 3
    }
    guard place < bytes.count else { return }
    let isLast = place + 1 == bytes.count
    let word = Int(bytes[place]) << 16 | (isLast ? 0 : Int(bytes[place + 1]) << 8)
    append(signs[word >> 18])
    append(signs[word >> 12 & 63])
    append(isLast ? UInt8(ascii: "=") : signs[word >> 6 & 63])
    append(UInt8(ascii: "="))
  }
}
