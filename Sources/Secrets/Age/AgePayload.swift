/// The encrypted content of an age file: 64 KiB chunks, each with a tag, the last one marked (the
/// STREAM construction).
enum AgePayload {
  private static let chunk = 64 << 10
  private static let sealedChunk = chunk + ChaChaPoly.tagSize
  private static let nonceSize = 16

  /// Bytes that a plaintext of a given length takes when sealed.
  static func sealedSize(of count: Int) -> Int {
    nonceSize + count + max(1, (count + chunk - 1) / chunk) * ChaChaPoly.tagSize
  }

  /// Appends the sealed form of `plaintext`.
  static func seal(
    _ plaintext: Span<UInt8>,
    fileKey: borrowing Secret,
    to output: inout OutputSpan<UInt8>
  ) {
    let nonce = Random.bytes(nonceSize)
    for byte in nonce { output.append(byte) }
    var cipher = ChaChaPoly(key: key(fileKey, nonce))
    var counter = 0
    var start = 0
    repeat {
      let end = min(start + chunk, plaintext.count)
      cipher.seal(
        plaintext.extracting(start..<end),
        nonce: chunkNonce(counter, isLast: end == plaintext.count),
        to: &output
      )
      counter += 1
      start = end
    } while start < plaintext.count
  }

  /// The whole plaintext, or an error: never a part of it.
  static func open(_ payload: Span<UInt8>, fileKey: borrowing Secret) throws(AgeError) -> Secret {
    guard payload.count >= nonceSize else { throw .header("it ends right after its header") }
    let nonce = (0..<nonceSize).map { payload[$0] }
    let key = key(fileKey, nonce)
    let sealed = payload.extracting(nonceSize...)
    guard sealed.count >= ChaChaPoly.tagSize else { throw .payload("it is cut short") }
    return try Secret(capacity: sealed.count) { output throws(AgeError) in
      try open(sealed, ChaChaPoly(key: key), to: &output)
    }
  }

  private static func open(
    _ sealed: Span<UInt8>,
    _ cipher: consuming ChaChaPoly,
    to output: inout OutputSpan<UInt8>
  ) throws(AgeError) {
    var counter = 0
    var start = 0
    repeat {
      let end = min(start + sealedChunk, sealed.count)
      let nonce = chunkNonce(counter, isLast: end == sealed.count)
      guard counter == 0 || end - start > ChaChaPoly.tagSize,
        cipher.open(sealed.extracting(start..<end), nonce: nonce, to: &output)
      else { throw .payload("it was changed, or it is cut short") }
      counter += 1
      start = end
    } while start < sealed.count
  }

  private static func key(_ fileKey: borrowing Secret, _ nonce: [UInt8]) -> Secret {
    KeyDerivation.hkdf(fileKey, salt: nonce, info: "payload")
  }

  /// An 11-byte big-endian counter, then 1 for the last chunk and 0 for the others.
  private static func chunkNonce(_ counter: Int, isLast: Bool) -> [UInt8] {
    var nonce = [UInt8](repeating: 0, count: ChaChaPoly.nonceSize)
    for byte in 0..<8 { nonce[10 - byte] = UInt8(truncatingIfNeeded: counter >> (8 * byte)) }
    nonce[11] = isLast ? 1 : 0
    return nonce
  }
}
