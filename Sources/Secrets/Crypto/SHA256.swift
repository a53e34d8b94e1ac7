import CCrypto

/// A SHA-256 digest: 32 bytes (FIPS 180-4).
package struct Digest: Hashable, Sendable {
  /// The 32 bytes.
  package let bytes: [UInt8]

  /// The digest in 64 lowercase hexadecimal digits.
  package var hex: String { Hex.encode(bytes) }
}

/// SHA-256 (FIPS 180-4), fed piece by piece.
///
/// ```swift
/// var hash = SHA256()
/// hash.update(firstPart)
/// hash.update(secondPart)
/// let digest = hash.finalize()
/// ```
@safe
package struct SHA256: ~Copyable {
  private let context: OpaquePointer

  /// Looked up once: fetching an algorithm costs more than hashing a short message.
  // libcrypto's algorithm objects are immutable after they are fetched, and reference-counted.
  nonisolated(unsafe) private static let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil)

  /// Starts with nothing fed.
  package init() {
    guard let context = unsafe EVP_MD_CTX_new(),
      unsafe EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1
    else { fatalError("libcrypto has no memory for SHA-256") }
    unsafe self.context = context
  }

  /// Feeds the next bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    _ = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// The digest of everything fed. The hasher is used up.
  package consuming func finalize() -> Digest {
    Digest(
      bytes: unsafe [UInt8](unsafeUninitializedCapacity: 32) { room, count in
        _ = unsafe EVP_DigestFinal_ex(context, room.baseAddress, nil)
        count = 32
      }
    )
  }

  /// The digest of one run of bytes.
  package static func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
    var hash = SHA256()
    unsafe hash.update(bytes)
    return hash.finalize()
  }

  deinit { unsafe EVP_MD_CTX_free(context) }
}
