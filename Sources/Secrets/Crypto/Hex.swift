/// Lowercase hexadecimal for bytes that are not secret.
enum Hex {
  private static let digits = Array("0123456789abcdef".utf8)

  static func encode(_ bytes: some Collection<UInt8>) -> String {
    unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { room in
      var next = 0
      for byte in bytes {
        unsafe room[next] = digits[Int(byte >> 4)]
        unsafe room[next + 1] = digits[Int(byte & 15)]
        next += 2
      }
      return next
    }
  }
}
