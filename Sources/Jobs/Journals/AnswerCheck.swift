/// A hash of all bytes of an ``AnswerRecord`` but its own, in the manner of FNV-1a, eight at a step.
///
/// All of them, because a power cut may leave any sector of a record unwritten, its middle too.
struct AnswerCheck {
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  /// Bytes that do not make a step yet, the first of them lowest.
  private var pending: UInt64 = 0
  private var pendingBits: UInt64 = 0

  /// - Parameter head: numbers as they lie in the record.
  init(_ head: [UInt64]) {
    for word in head { step(UInt64(littleEndian: word)) }
  }

  /// Takes in the next bytes; where they are cut into blocks makes no difference.
  mutating func add(_ bytes: Span<UInt8>) {
    let end = bytes.count & ~7
    for place in stride(from: 0, to: end, by: 8) {
      let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
      add(UInt64(littleEndian: word))
    }
    for place in end..<bytes.count { add(byte: bytes[place]) }
  }

  /// The hash of what was taken in so far.
  var value: UInt64 {
    var last = self
    for shift in stride(from: 0, to: pendingBits, by: 8) { last.step(pending >> shift & 0xff) }
    return last.hash
  }

  private mutating func add(_ word: UInt64) {
    step(pending | word << pendingBits)
    pending = pendingBits == 0 ? 0 : word >> (64 - pendingBits)
  }

  private mutating func add(byte: UInt8) {
    pending |= UInt64(byte) << pendingBits
    pendingBits += 8
    guard pendingBits == 64 else { return }
    step(pending)
    (pending, pendingBits) = (0, 0)
  }

  private mutating func step(_ word: UInt64) {
    hash = (hash ^ word) &* 0x100_0000_01b3
    // Multiplication alone carries nothing downwards: changes of two high bytes could cancel out.
    hash ^= hash >> 32
  }
}
