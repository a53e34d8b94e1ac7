/// One answer as bytes: nine numbers of eight bytes, little endian, then the output line, before it
/// the cause where there is one.
///
/// The last number is a check over the rest, so that a record that was cut by the death of its
/// writer, or of which a power cut lost a part, is told from a whole one.
enum AnswerRecord {
  /// Numbers before the line, and the bytes that they take.
  static let numbers = 9
  static let headSize = numbers * 8

  private static let retriedFlag = 0b0001
  private static let stateBits = 0b0110
  private static let causeFlag = 0b1000

  /// What follows the head: the line; of a result with a cause its length in a byte, it, the line.
  static func payload(of result: JobResult) -> [UInt8] {
    guard let cause = result.cause?.utf8 else { return result.line }
    return [UInt8(cause.count)] + cause + result.line
  }

  /// What stands before the payload of a record.
  ///
  /// - Parameter turn: how often its file was emptied before.
  static func head(
    of result: JobResult,
    _ payload: [UInt8],
    under lease: SegmentLease,
    turn: Int
  ) -> [UInt64] {
    let flags =
      result.state.rawValue << 1 | (result.hasRetried ? retriedFlag : 0)
      | (result.cause == nil ? 0 : causeFlag)
    var head = [
      word(payload.count), word(result.job), word(lease.segment), word(lease.epoch),
      word(result.inputTokens), word(result.outputTokens), word(turn << 8 | flags),
      word(result.cost?.nanos ?? -1), 0,
    ]
    head[numbers - 1] = check(head, payload).littleEndian
    return head
  }

  /// How long the payload after a head claims to be, in bytes; it may be any number.
  static func payloadLength(after head: [UInt64]) -> Int { number(head[0]) }

  /// The answer and the turn of its file; nil where the two do not belong together.
  static func decode(
    _ head: [UInt64],
    _ payload: [UInt8]
  ) -> (answer: (lease: SegmentLease, result: JobResult), turn: Int)? {
    guard check(head, payload) == UInt64(littleEndian: head[numbers - 1]) else { return nil }
    let values = head.map(number)
    guard let state = JobResult.State(rawValue: (values[6] & stateBits) >> 1) else { return nil }
    let hasCause = values[6] & causeFlag != 0
    let cause = hasCause ? payload.dropFirst().prefix(Int(payload.first ?? 0)) : []
    let result = JobResult(
      job: values[1],
      state: state,
      line: hasCause ? Array(payload.dropFirst(1 + cause.count)) : payload,
      inputTokens: values[4],
      outputTokens: values[5],
      cost: values[7] < 0 ? nil : USD(nanos: values[7]),
      hasRetried: values[6] & retriedFlag != 0,
      cause: hasCause ? String(decoding: cause, as: UTF8.self) : nil
    )
    return ((SegmentLease(segment: values[2], epoch: values[3]), result), values[6] >> 8)
  }

  private static func word(_ number: Int) -> UInt64 {
    UInt64(bitPattern: Int64(number)).littleEndian
  }

  private static func number(_ word: UInt64) -> Int {
    Int(Int64(bitPattern: UInt64(littleEndian: word)))
  }

  /// A hash of all bytes but its own, in the manner of FNV-1a, eight at a step.
  ///
  /// All of them, because a power cut may leave any sector of a record unwritten, its middle too.
  private static func check(_ head: [UInt64], _ line: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ word: UInt64) {
      hash = (hash ^ word) &* 0x100_0000_01b3
      // Multiplication alone carries nothing downwards: changes of two high bytes could cancel out.
      hash ^= hash >> 32
    }
    for word in head.prefix(numbers - 1) { add(UInt64(littleEndian: word)) }
    unsafe line.withUnsafeBytes { bytes in
      let end = bytes.count & ~7
      for place in stride(from: 0, to: end, by: 8) {
        add(
          unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        )
      }
      for place in end..<bytes.count { add(UInt64(unsafe bytes[place])) }
    }
    return hash
  }
}
