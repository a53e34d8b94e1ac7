import CCrypto

/// Bytes from libcrypto's random generator, which the kernel's seeds.
package enum Random {
  /// Random bytes that are published, such as a nonce or a salt.
  package static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard unsafe RAND_bytes(&bytes, Int32(count)) == 1 else { fatalError("no random bytes") }
    return bytes
  }

  /// Random bytes that are kept secret, such as a private key.
  package static func secret(_ count: Int) -> Secret {
    unsafe Secret(capacity: count) { room in
      let start = unsafe room.assumingMemoryBound(to: UInt8.self).baseAddress
      guard unsafe RAND_priv_bytes(start, Int32(count)) == 1 else { fatalError("no random bytes") }
      return count
    }
  }
}
