import Glibc

/// One of the two files of an ``AnswerJournal``: answers one behind the other.
///
/// Its start is mapped into memory and has its blocks from the beginning. Keeping an answer there
/// costs a copy and no system call, and a full disk does not matter; the kernel keeps the pages when
/// the process is killed. What does not fit is written behind it.
// Sendable because its one owner, a noncopyable journal, lets one call at a time reach it.
@safe final class AnswerFile: @unchecked Sendable {
  /// Bytes that are mapped: what 256 short answers take.
  private static let windowSize = 1 << 20

  private let path: String
  private let descriptor: Int32
  /// Empty where the file system has no such room, or cannot say.
  private let window: UnsafeMutableRawBufferPointer
  private var size = 0
  /// How often the file was emptied, by which the answers since are told from older ones.
  private var turn = 0

  /// Opens the file empty.
  ///
  /// - Throws: ``StoreError``.
  init(path: String) throws(StoreError) {
    self.path = path
    descriptor = try OwnFile.emptied(path, doing: "cannot create the journal of answers")
    unsafe window = Self.map(descriptor)
  }

  private static func map(_ descriptor: Int32) -> UnsafeMutableRawBufferPointer {
    // A store to a page that the disk has no room for kills the process.
    guard posix_fallocate(descriptor, 0, windowSize) == 0 else {
      _ = ftruncate(descriptor, 0)
      return unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
    let memory = unsafe mmap(nil, windowSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      return unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
    return unsafe UnsafeMutableRawBufferPointer(start: memory, count: windowSize)
  }

  deinit {
    if let memory = unsafe window.baseAddress { _ = unsafe munmap(memory, window.count) }
    close(descriptor)
  }

  /// Keeps an answer behind those that are there.
  ///
  /// - Throws: ``StoreError`` when it cannot be written whole.
  func append(_ result: JobResult, under lease: SegmentLease) throws(StoreError) {
    let payload = AnswerRecord.payload(of: result)
    let head = AnswerRecord.head(of: result, payload, under: lease, turn: turn)
    let record = AnswerRecord.headSize + payload.count
    if unsafe size + record <= window.count {
      copy(head, payload)
    } else {
      try write(head, payload)
    }
    size += record
  }

  private func copy(_ head: [UInt64], _ payload: [UInt8]) {
    let room = unsafe UnsafeMutableRawBufferPointer(rebasing: window[size...])
    unsafe head.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
    let behind = unsafe UnsafeMutableRawBufferPointer(rebasing: room[AnswerRecord.headSize...])
    unsafe payload.withUnsafeBytes { unsafe behind.copyMemory(from: $0) }
  }

  private func write(_ head: [UInt64], _ payload: [UInt8]) throws(StoreError) {
    let count = AnswerRecord.headSize + payload.count
    let written = unsafe head.withUnsafeBytes { head in
      unsafe payload.withUnsafeBytes { payload in
        let parts = unsafe [head, payload].map {
          unsafe iovec(
            iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress),
            iov_len: $0.count
          )
        }
        return unsafe pwritev(descriptor, parts, 2, size)
      }
    }
    guard written == count else {
      throw StoreError(
        errno: written < 0 ? errno : ENOSPC,
        doing: "cannot keep an answer",
        at: path,
        needed: count
      )
    }
  }

  /// Forgets every answer in it.
  func empty() {
    guard size > 0 else { return }
    let mapped = unsafe window.count
    if size > mapped { _ = ftruncate(descriptor, mapped) }
    // Without its first number no record is whole, and what stands behind it is of an older turn.
    if mapped > 0 { unsafe window.storeBytes(of: 0, as: UInt64.self) }
    size = 0
    turn += 1
  }
}
