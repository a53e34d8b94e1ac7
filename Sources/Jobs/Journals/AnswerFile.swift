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
    let record = AnswerRecord(of: result, under: lease, turn: turn)
    if unsafe size + record.count <= window.count {
      copy(record)
    } else {
      try write(record)
    }
    size += record.count
  }

  private func copy(_ record: AnswerRecord) {
    var place = size
    record.forEachBlock { block in
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: window[place...])
      unsafe block.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
      place += block.count
    }
  }

  private func write(_ record: AnswerRecord) throws(StoreError) {
    guard !record.write(to: descriptor, at: size) else { return }
    throw StoreError(
      errno: errno,
      doing: "cannot keep an answer",
      at: path,
      needed: record.count
    )
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
