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

  @Test func `its bytes are gone from memory when it is`() {
    let value = [UInt8]((1...48).map { $0 ^ 0x5A })
    var address = UInt(0)
    do {
      let held = secret(value)
      address = unsafe held.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      #expect(unsafe Array(peek(address, 48)) == value)
    }
    #expect(unsafe Array(peek(address, 48)) != value)
    #expect(unsafe peek(address, 48).dropFirst(16).allSatisfy { $0 == 0 })
  }

  @Test func `a copy outlives its original`() {
    var original = secret("first")
    let copy = original.copy()
    original.truncate(to: 2)
    #expect(text(original) == "fi")
    #expect(text(copy) == "first")
  }

  @Test func `secrets larger than the locked arena still work`() {
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

  /// Reads memory that the locked arena owns for as long as the process lives.
  private func peek(_ address: UInt, _ count: Int) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count)
  }
}
