import CCrypto

/// Keys made from other secrets.
package enum KeyDerivation {
  /// HKDF with SHA-256 (RFC 5869), for an output of 32 bytes, which is one round of its expansion.
  package static func hkdf(_ input: borrowing Secret, salt: [UInt8], info: String) -> Secret {
    let extracted = input.withBytes { HMAC.secretSHA256($0, key: salt.span) }
    let block = Array(info.utf8) + [1]
    return extracted.withBytes { HMAC.secretSHA256(block.span, key: $0) }
  }

  /// scrypt (RFC 7914) with N = 2^`workFactor`, r = 8, p = 1: 32 bytes.
  ///
  /// - Parameter workFactor: 1 to 30; the work takes 1 KiB of memory times 2^`workFactor`.
  /// - Returns: nil when there is not that much memory.
  package static func scrypt(
    _ passphrase: borrowing Secret,
    salt: [UInt8],
    workFactor: Int
  ) -> Secret? {
    precondition((1...30).contains(workFactor))
    let key = unsafe Secret(capacity: 32) { room in
      let output = unsafe room.assumingMemoryBound(to: UInt8.self).baseAddress
      let done = unsafe passphrase.withUnsafeBytes { passphrase in
        let start = unsafe passphrase.assumingMemoryBound(to: CChar.self).baseAddress
        return unsafe EVP_PBE_scrypt(
          start,
          passphrase.count,
          salt,
          salt.count,
          1 << UInt64(workFactor),
          8,
          1,
          UInt64.max,
          output,
          room.count
        )
      }
      return done == 1 ? 32 : 0
    }
    guard key.count == 32 else { return nil }
    return key
  }
}
