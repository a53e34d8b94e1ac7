/// Bytes that must not leak: kept off swap and out of core dumps where the system allows it,
/// and wiped when the value goes away.
///
/// A secret cannot be copied by accident (it is noncopyable; see ``copy()``), interpolated,
/// printed, compared with `==` or encoded: none of those accept a noncopyable type. Nothing ever
/// turns it into a `String`, `Data` or array, whose storage would be freed without being wiped.
///
/// The bytes live in pages of their own, between guard pages; see ``SecretMemory``.
@safe
package struct Secret: ~Copyable {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int

  /// How many bytes the secret has.
  package private(set) var count: Int

  /// Reserves room and lets `body` write into it directly, as `read(2)` or a decryption does.
  ///
  /// - Parameters:
  ///   - capacity: the most bytes that `body` may write.
  ///   - body: writes from the start of the zeroed buffer and returns how many bytes count.
  /// - Throws: what `body` throws; the bytes written so far are wiped.
  package init<E: Error>(
    capacity: Int,
    initializingWith body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
  ) throws(E) {
    unsafe self.base = SecretMemory.allocate(capacity)
    self.capacity = capacity
    self.count = 0
    let used = try unsafe body(UnsafeMutableRawBufferPointer(start: base, count: capacity))
    precondition((0...capacity).contains(used), "a secret cannot be longer than its room")
    count = used
  }

  /// Reserves room and lets `body` append to it with bounds checks.
  ///
  /// - Parameters:
  ///   - capacity: the most bytes that `body` may append; appending more is a programming error.
  ///   - body: appends the bytes.
  /// - Throws: what `body` throws; the bytes appended so far are wiped.
  package init<E: Error>(
    capacity: Int,
    appendingWith body: (inout OutputSpan<UInt8>) throws(E) -> Void
  ) throws(E) {
    try unsafe self.init(capacity: capacity) { room throws(E) in
      let buffer = unsafe room.bindMemory(to: UInt8.self)
      var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
      try body(&output)
      return unsafe output.finalize(for: buffer)
    }
  }

  /// Copies bytes that the caller owns, and is responsible for wiping.
  package init(copying bytes: UnsafeRawBufferPointer) {
    unsafe self.init(capacity: bytes.count) { room in
      unsafe room.copyMemory(from: bytes)
      return bytes.count
    }
  }

  /// Copies bytes that the caller owns, and is responsible for wiping.
  package init(copying bytes: Span<UInt8>) {
    self = unsafe bytes.withUnsafeBytes { unsafe Secret(copying: $0) }
  }

  /// Lends the bytes for the duration of `body`.
  ///
  /// The pointer must not escape.
  package borrowing func withUnsafeBytes<Result: ~Copyable, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> Result
  ) throws(E) -> Result {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// Lends the bytes, bounds-checked, for the duration of `body`.
  package borrowing func withBytes<Result: ~Copyable, E: Error>(
    _ body: (Span<UInt8>) throws(E) -> Result
  ) throws(E) -> Result {
    let bytes = unsafe UnsafeRawBufferPointer(start: base, count: count)
      .assumingMemoryBound(to: UInt8.self)
    return try unsafe body(bytes.span)
  }

  /// A second secret with the same bytes.
  ///
  /// Copying is spelled out, so that every copy is meant.
  package borrowing func copy() -> Secret {
    unsafe withUnsafeBytes { unsafe Secret(copying: $0) }
  }

  /// Drops the bytes from `newCount` on.
  package mutating func truncate(to newCount: Int) {
    precondition((0...count).contains(newCount), "a secret can only get shorter")
    unsafe (base + newCount).initializeMemory(as: UInt8.self, repeating: 0, count: count - newCount)
    count = newCount
  }

  deinit {
    unsafe SecretMemory.free(base, capacity)
  }
}

/// The storage is written during initialisation and by `mutating` calls only, and it has one
/// owner because the type is noncopyable, so ordinary exclusivity makes it safe to send and share.
extension Secret: @unchecked Sendable {}
