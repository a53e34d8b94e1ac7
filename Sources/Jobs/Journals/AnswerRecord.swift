/// One answer as bytes: nine numbers of eight bytes, little endian, then the output line.
///
/// The last number is a check over the rest, so that a record that was cut by the death of its
/// writer, or of which a power cut lost a part, is told from a whole one.
enum AnswerRecord {
  private static let numbers = 9
  private static let headSize = numbers * 8

  static func encode(_ result: JobResult, under lease: SegmentLease) -> [UInt8] {
    var record: [UInt8] = []
    record.reserveCapacity(headSize + result.line.count)
    let head = [
      result.line.count, result.job, lease.segment, lease.epoch, result.inputTokens,
      result.outputTokens, result.state.rawValue * 2 + (result.hasRetried ? 1 : 0),
      result.cost?.nanos ?? -1,
    ]
    for number in head { append(UInt64(bitPattern: Int64(number)), to: &record) }
    append(check(record[...], result.line[...]), to: &record)
    record += result.line
    return record
  }

  /// Every whole record from the start of `bytes` on.
  static func decodeAll(_ bytes: [UInt8]) -> [(lease: SegmentLease, result: JobResult)] {
    var answers: [(lease: SegmentLease, result: JobResult)] = []
    var rest = bytes[...]
    while let (answer, size) = decode(rest) {
      answers.append(answer)
      rest = rest.dropFirst(size)
    }
    return answers
  }

  private static func decode(
    _ bytes: ArraySlice<UInt8>
  ) -> (answer: (lease: SegmentLease, result: JobResult), size: Int)? {
    guard bytes.count >= headSize else { return nil }
    let head = (0..<numbers).map { number(bytes.dropFirst($0 * 8).prefix(8)) }
    let values = head.map { Int(Int64(bitPattern: $0)) }
    guard values[0] >= 0, values[0] <= bytes.count - headSize,
      let state = JobResult.State(rawValue: values[6] / 2)
    else { return nil }
    let line = bytes.dropFirst(headSize).prefix(values[0])
    guard check(bytes.prefix(headSize - 8), line) == head[numbers - 1] else { return nil }
    let result = JobResult(
      job: values[1],
      state: state,
      line: Array(line),
      inputTokens: values[4],
      outputTokens: values[5],
      cost: values[7] < 0 ? nil : USD(nanos: values[7]),
      hasRetried: values[6] % 2 == 1
    )
    let lease = SegmentLease(segment: values[2], epoch: values[3])
    return ((lease, result), headSize + values[0])
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A hash of all bytes in the manner of FNV-1a, eight at a step.
  ///
  /// All of them, because a power cut may leave any sector of a record unwritten, its middle too.
  private static func check(_ head: ArraySlice<UInt8>, _ line: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ word: UInt64) {
      hash = (hash ^ word) &* 0x100_0000_01b3
      // Multiplication alone carries nothing downwards: changes of two high bytes could cancel out.
      hash ^= hash >> 32
    }
    for bytes in [head, line] {
      unsafe bytes.withUnsafeBytes { bytes in
        let end = bytes.count & ~7
        for place in stride(from: 0, to: end, by: 8) {
          add(
            unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
          )
        }
        for place in end..<bytes.count { add(UInt64(unsafe bytes[place])) }
      }
    }
    return hash
  }
}
