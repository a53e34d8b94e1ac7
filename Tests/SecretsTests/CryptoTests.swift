import Secrets
import Testing

struct CryptoTests {
  @Test func `SHA-256 gives the digest of FIPS 180-4, whole or in pieces`() {
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    let whole = unsafe secret("abc").withUnsafeBytes { unsafe SHA256.digest(of: $0) }
    #expect(whole.hex == expected)
    var hash = SHA256()
    for piece in ["a", "", "bc"] {
      unsafe secret(piece).withUnsafeBytes { unsafe hash.update($0) }
    }
    #expect(hash.finalize() == whole)
  }

  @Test func `HMAC gives the code of RFC 4231, case 2`() {
    let message = Array("what do ya want for nothing?".utf8)
    let code = HMAC.sha256(message.span, key: Array("Jefe".utf8).span)
    #expect(
      code == bytes(hex: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    )
  }

  @Test func `HKDF gives the start of the key of RFC 5869, case 3`() {
    let key = KeyDerivation.hkdf(secret([UInt8](repeating: 0x0b, count: 22)), salt: [], info: "")
    #expect(
      bytes(key) == bytes(hex: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")
    )
  }

  @Test func `scrypt gives the start of the key of RFC 7914, the third case`() {
    let key = KeyDerivation.scrypt(
      secret("pleaseletmein"),
      salt: Array("SodiumChloride".utf8),
      workFactor: 14
    )
    #expect(
      bytes(ifAny: key)
        == bytes(hex: "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    )
  }

  @Test func `X25519 gives the keys of RFC 7748, section 6-1`() {
    let bob = secret(bytes(hex: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
    #expect(
      X25519.publicKey(of: bob)
        == bytes(hex: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    )
    let alice = bytes(hex: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    #expect(
      bytes(ifAny: X25519.sharedSecret(bob, with: alice))
        == bytes(hex: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
    )
  }

  @Test func `X25519 refuses public keys of low order`() {
    let zero = [UInt8](repeating: 0, count: 32)
    #expect(bytes(ifAny: X25519.sharedSecret(Random.secret(32), with: zero)) == nil)
  }
}
