import CCrypto

/// HMAC-SHA-256 (RFC 2104).
package enum HMAC {
  /// Bytes in a code.
  package static let size = 32

  /// The 32-byte authentication code of `message` under `key`.
  package static func sha256(_ message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
    [UInt8](capacity: size) { append(message, key: key, to: &$0) }
  }

  /// The same, where the code is itself a secret.
  static func secretSHA256(_ message: Span<UInt8>, key: Span<UInt8>) -> Secret {
    Secret(capacity: size) { append(message, key: key, to: &$0) }
  }

  /// Whether two codes are equal, in time that depends only on their length.
  package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    unsafe left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }

  private static func append(
    _ message: Span<UInt8>,
    key: Span<UInt8>,
    to output: inout OutputSpan<UInt8>
  ) {
    let done = unsafe output.withUnsafeMutableBufferPointer { room, used in
      let start = unsafe room.baseAddress?.advanced(by: used)
      used += size
      return unsafe message.withUnsafeBufferPointer { message in
        unsafe key.withUnsafeBufferPointer { key in
          // libcrypto takes a null key for "the last one", so an empty key needs an address too.
          let keyStart = unsafe key.baseAddress ?? UnsafePointer(start)
          return unsafe EVP_Q_mac(
            nil,
            "HMAC",
            nil,
            "SHA256",
            nil,
            keyStart,
            key.count,
            message.baseAddress,
            message.count,
            start,
            size,
            nil
          ) != nil
        }
      }
    }
    guard done else { fatalError("libcrypto has no memory for HMAC-SHA-256") }
  }
}
