import CCrypto

/// ChaCha20-Poly1305 (RFC 8439) under one key, without additional data.
@safe
package struct ChaChaPoly: ~Copyable {
  /// Bytes that sealing adds.
  package static let tagSize = 16
  /// Bytes in a nonce. A nonce must never be used twice with one key.
  package static let nonceSize = 12

  private let context: OpaquePointer

  // libcrypto's algorithm objects are immutable after they are fetched, and reference-counted.
  nonisolated(unsafe) private static let algorithm = unsafe EVP_CIPHER_fetch(
    nil,
    "ChaCha20-Poly1305",
    nil
  )

  /// Takes a key of 32 bytes.
  package init(key: borrowing Secret) {
    precondition(key.count == 32, "a ChaCha20-Poly1305 key has 32 bytes")
    let context = unsafe EVP_CIPHER_CTX_new()
    let ready = unsafe key.withUnsafeBytes { key in
      let bytes = unsafe key.assumingMemoryBound(to: UInt8.self).baseAddress
      return unsafe EVP_CipherInit_ex2(context, Self.algorithm, bytes, nil, 1, nil)
    }
    guard let context = unsafe context, ready == 1 else {
      fatalError("libcrypto has no memory for ChaCha20-Poly1305")
    }
    unsafe self.context = context
  }

  /// Appends the ciphertext of `plaintext` and its tag.
  package mutating func seal(
    _ plaintext: Span<UInt8>,
    nonce: [UInt8],
    to output: inout OutputSpan<UInt8>
  ) {
    precondition(output.freeCapacity >= plaintext.count + Self.tagSize)
    let done = unsafe output.withUnsafeMutableBufferPointer { room, used in
      let start = unsafe room.baseAddress?.advanced(by: used)
      let tag = unsafe start?.advanced(by: plaintext.count)
      used += plaintext.count + Self.tagSize
      return unsafe run(plaintext, nonce: nonce, encrypting: true, into: start)
        && EVP_CipherFinal_ex(context, tag, &unused) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), tag) == 1
    }
    guard done else { fatalError("libcrypto cannot seal") }
  }

  /// Appends the plaintext of `sealed`, a ciphertext and its tag.
  ///
  /// - Returns: false when key, nonce or data are not what was sealed; nothing is appended then.
  package mutating func open(
    _ sealed: Span<UInt8>,
    nonce: [UInt8],
    to output: inout OutputSpan<UInt8>
  ) -> Bool {
    guard sealed.count >= Self.tagSize else { return false }
    let count = sealed.count - Self.tagSize
    precondition(output.freeCapacity >= count)
    var tag = (count..<sealed.count).map { sealed[$0] }
    return unsafe output.withUnsafeMutableBufferPointer { room, used in
      let start = unsafe room.baseAddress?.advanced(by: used)
      let text = sealed.extracting(..<count)
      let opened =
        unsafe run(text, nonce: nonce, encrypting: false, into: start)
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), &tag) == 1
        && EVP_CipherFinal_ex(context, start?.advanced(by: count), &unused) == 1
      if opened { used += count } else { unsafe OPENSSL_cleanse(start, count) }
      return opened
    }
  }

  /// libcrypto wants somewhere to write a length that is always zero here.
  private var unused: Int32 = 0

  private mutating func run(
    _ input: Span<UInt8>,
    nonce: [UInt8],
    encrypting: Bool,
    into output: UnsafeMutablePointer<UInt8>?
  ) -> Bool {
    precondition(nonce.count == Self.nonceSize)
    return unsafe input.withUnsafeBufferPointer { input in
      var written: Int32 = 0
      return unsafe EVP_CipherInit_ex2(context, nil, nil, nonce, encrypting ? 1 : 0, nil) == 1
        && EVP_CipherUpdate(context, output, &written, input.baseAddress, Int32(input.count)) == 1
    }
  }

  deinit { unsafe EVP_CIPHER_CTX_free(context) }
}
