import Glibc

/// One answer as bytes: nine numbers of eight bytes, little endian, then the output line, before it
/// the cause and the document's hash where there are any.
///
/// The last number is a check over the rest, so that a record that was cut by the death of its
/// writer, or of which a power cut lost a part, is told from a whole one.
struct AnswerRecord {
  /// Numbers before the line, and the bytes that they take.
  static let numbers = 9
  static let headSize = numbers * 8

  private static let retriedFlag = 0b0001
  private static let stateBits = 0b0110
  private static let causeFlag = 0b1000
  private static let documentFlag = 0b1_0000

  /// The numbers, as bytes.
  private let head: [UInt8]
  /// Where there is a cause its length in a byte, and it; where there is a document its hash.
  private let extras: [UInt8]
  private let line: OutputLine

  /// - Parameter turn: how often its file was emptied before.
  init(of result: JobResult, under lease: SegmentLease, turn: Int) {
    let cause = result.cause.map { [UInt8($0.utf8.count)] + $0.utf8 } ?? []
    let extras = cause + (result.document.map(Self.bytes) ?? [])
    let line = result.line
    let flags =
      result.state.rawValue << 1 | (result.hasRetried ? Self.retriedFlag : 0)
      | (result.cause == nil ? 0 : Self.causeFlag)
      | (result.document == nil ? 0 : Self.documentFlag)
    let head = [
      extras.count + line.count, result.job, lease.segment, lease.epoch, result.inputTokens,
      result.outputTokens, turn << 8 | flags, result.cost?.nanos ?? -1,
    ].map(Self.word)
    var check = AnswerCheck(head)
    check.add(extras.span)
    line.forEachBlock { check.add($0) }
    let whole = head + [check.value.littleEndian]
    self.head = unsafe whole.withUnsafeBytes { unsafe Array($0) }
    (self.extras, self.line) = (extras, line)
  }

  /// Bytes of the whole record.
  var count: Int { Self.headSize + extras.count + line.count }

  /// Visits its bytes in their order.
  func forEachBlock(_ visit: (Span<UInt8>) -> Void) {
    visit(head.span)
    visit(extras.span)
    line.forEachBlock(visit)
  }

  /// Writes it into a file.
  ///
  /// - Returns: false where it could not be written whole; `errno` says why.
  func write(to descriptor: Int32, at offset: Int) -> Bool {
    var place = offset
    var isWhole = true
    forEachBlock { block in
      guard isWhole else { return }
      let written = unsafe block.withUnsafeBytes { bytes in
        unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, place)
      }
      if written >= 0, written < block.count { errno = ENOSPC }
      isWhole = written == block.count
      place += block.count
    }
    return isWhole
  }

  /// How long the payload after a head claims to be, in bytes; it may be any number.
  static func payloadLength(after head: [UInt64]) -> Int { number(head[0]) }

  /// The answer and the turn of its file; nil where the two do not belong together.
  static func decode(
    _ head: [UInt64],
    _ payload: [UInt8]
  ) -> (answer: (lease: SegmentLease, result: JobResult), turn: Int)? {
    var check = AnswerCheck(Array(head.prefix(numbers - 1)))
    check.add(payload.span)
    guard check.value == UInt64(littleEndian: head[numbers - 1]) else { return nil }
    let values = head.map(number)
    guard let state = JobResult.State(rawValue: (values[6] & stateBits) >> 1) else { return nil }
    let hasCause = values[6] & causeFlag != 0
    let hasDocument = values[6] & documentFlag != 0
    let cause = hasCause ? payload.dropFirst().prefix(Int(payload.first ?? 0)) : []
    let rest = payload.dropFirst(hasCause ? 1 + cause.count : 0)
    let result = JobResult(
      job: values[1],
      state: state,
      line: OutputLine(Array(rest.dropFirst(hasDocument ? 8 : 0))),
      inputTokens: values[4],
      outputTokens: values[5],
      cost: values[7] < 0 ? nil : USD(nanos: values[7]),
      hasRetried: values[6] & retriedFlag != 0,
      cause: hasCause ? String(decoding: cause, as: UTF8.self) : nil,
      document: hasDocument ? rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } : nil
    )
    return ((SegmentLease(segment: values[2], epoch: values[3]), result), values[6] >> 8)
  }

  private static func bytes(_ number: UInt64) -> [UInt8] {
    stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
  }

  private static func word(_ number: Int) -> UInt64 {
    UInt64(bitPattern: Int64(number)).littleEndian
  }

  private static func number(_ word: UInt64) -> Int {
    Int(Int64(bitPattern: UInt64(littleEndian: word)))
  }
}
