import CCrypto
import Glibc
import Secrets
import Testing

struct SecretTests {
  private struct Stop: Error {}

  @Test func `holds what was written into it, and no more than was used`() {
    let filled = unsafe Secret(capacity: 8) { room in
      unsafe room.copyBytes(from: [1, 2, 3])
      return 3
    }
    #expect(filled.count == 3)
    #expect(bytes(filled) == [1, 2, 3])
  }

  @Test func `passes on the error of its initialiser`() {
    #expect(throws: Stop.self) {
      _ = try unsafe Secret(capacity: 8, initializingWith: { _ in throw Stop() })
    }
  }

  @Test func `has pages of its own, which are gone from memory when it is`() {
    var address = UInt(0)
    do {
      let held = secret([UInt8](1...48))
      address = unsafe held.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      #expect(isMapped(address))
    }
    #expect(!isMapped(address))
  }

  @Test func `leaves libcrypto's own secure heap alone, which TLS connections would exhaust`() {
    let held = (0..<600).map { SecretBox(secret("secret \($0)")) }
    #expect(held.map { text($0.secret) }.last == "secret 599")
    #expect(CRYPTO_secure_malloc_initialized() == 0)
  }

  @Test func `a copy outlives its original`() {
    var original = secret("first")
    let copy = original.copy()
    original.truncate(to: 2)
    #expect(text(original) == "fi")
    #expect(text(copy) == "first")
  }

  @Test func `secrets larger than a page work`() {
    let large = [UInt8](repeating: 7, count: 1 << 20)
    #expect(bytes(secret(large)) == large)
  }

  @Test func `an empty secret is one`() {
    #expect(secret("").count == 0)
    #expect(bytes(secret("").copy()).isEmpty)
  }

  @Test func `a fingerprint tells values apart and is not their plain hash`() {
    let first = Fingerprint(of: secret("sk-one"))
    #expect(first == Fingerprint(of: secret("sk-one")))
    #expect(first != Fingerprint(of: secret("sk-two")))
    #expect(first.description.count == 8)
    let hash = unsafe secret("sk-one").withUnsafeBytes { unsafe SHA256.digest(of: $0).hex }
    #expect(!hash.hasPrefix(first.description))
  }

  /// Whether the page at an address belongs to the process (msync(2) says ENOMEM where it does not).
  private func isMapped(_ address: UInt) -> Bool {
    let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
    let start = unsafe UnsafeMutableRawPointer(bitPattern: address / page * page)
    return unsafe msync(start, Int(page), Int32(MS_ASYNC)) == 0
  }
}

/// Holds a secret where a copyable value is needed.
private final class SecretBox {
  let secret: Secret

  init(_ secret: consuming Secret) { self.secret = secret }
}
