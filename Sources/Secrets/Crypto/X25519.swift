import CCrypto

/// Diffie-Hellman on Curve25519 (RFC 7748).
package enum X25519 {
  /// Bytes in a private key, a public key and a shared secret.
  package static let size = 32

  /// The public key of a private key of 32 bytes.
  package static func publicKey(of privateKey: borrowing Secret) -> [UInt8] {
    let key = unsafe load(privateKey)
    defer { unsafe EVP_PKEY_free(key) }
    var count = size
    var publicKey = [UInt8](repeating: 0, count: size)
    guard unsafe EVP_PKEY_get_raw_public_key(key, &publicKey, &count) == 1 else {
      fatalError("libcrypto cannot compute an X25519 public key")
    }
    return publicKey
  }

  /// The secret that the owners of both keys share.
  ///
  /// - Returns: nil when the public key is not 32 bytes or is a point of low order, whose shared
  ///   secret is all zero (RFC 7748, section 6.1).
  package static func sharedSecret(
    _ privateKey: borrowing Secret,
    with publicKey: [UInt8]
  ) -> Secret? {
    let own = unsafe load(privateKey)
    let peer = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, publicKey, publicKey.count)
    let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, own, nil)
    defer {
      unsafe EVP_PKEY_CTX_free(context)
      unsafe EVP_PKEY_free(peer)
      unsafe EVP_PKEY_free(own)
    }
    guard unsafe EVP_PKEY_derive_init(context) == 1,
      unsafe EVP_PKEY_derive_set_peer(context, peer) == 1
    else { return nil }
    let shared = unsafe Secret(capacity: size) { room in
      var count = size
      let output = unsafe room.assumingMemoryBound(to: UInt8.self).baseAddress
      return unsafe EVP_PKEY_derive(context, output, &count) == 1 ? count : 0
    }
    guard shared.count == size else { return nil }
    return shared
  }

  private static func load(_ privateKey: borrowing Secret) -> OpaquePointer? {
    precondition(privateKey.count == size, "an X25519 private key has 32 bytes")
    return unsafe privateKey.withUnsafeBytes { bytes in
      let start = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
      return unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, start, size)
    }
  }
}
