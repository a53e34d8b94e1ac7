import CCrypto

/// HMAC-SHA-256 (RFC 2104).
package enum HMAC {
  /// The 32-byte authentication code of `message` under `key`.
  package static func sha256(
    _ message: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer
  ) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 32) { room, count in
      // libcrypto reads a null key as "reuse the last one", so an empty key still needs an address.
      var empty: UInt8 = 0
      let done = unsafe withUnsafeBytes(of: &empty) { placeholder in
        unsafe EVP_Q_mac(
          nil, "HMAC", nil, "SHA256", nil, key.baseAddress ?? placeholder.baseAddress, key.count,
          message.baseAddress, message.count, room.baseAddress, 32, &count)
      }
      guard unsafe done != nil else { fatalError("libcrypto has no memory for HMAC-SHA-256") }
    }
  }

  /// Whether two codes are equal, in time that depends only on their length.
  package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    unsafe left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}
