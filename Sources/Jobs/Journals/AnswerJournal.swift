import Glibc

/// Answers that have come and are not committed yet, in files that outlive a killed process.
///
/// An answer has been paid for, and a commit takes milliseconds. So it is first appended here,
/// which costs one `write` without an fsync: enough to survive the death of the process, after
/// which the next owner of the batch commits what it finds. Two files take turns: while the
/// answers of one are being committed, new ones go to the other. A third one is a reserve for when
/// the disk is full.
///
/// Not thread-safe by itself: its owner calls it under a lock.
package struct AnswerJournal: ~Copyable {
  /// Names the file whose answers are being committed.
  package struct Turn: Sendable {
    fileprivate let index: Int
  }

  private let files: [String]
  private var descriptors: [Int32]
  private var sizes = [0, 0]
  private var current = 0
  private var reserve: SpaceReserve

  /// Opens both files of a worker empty.
  ///
  /// - Parameters:
  ///   - room: bytes of the disk that are held back for answers, as far as it has them.
  ///   - least: bytes that are held back, or nothing can begin.
  /// - Throws: ``StoreError``.
  package init(in worker: WorkerFiles, room: Int = 0, least: Int = 0) throws(StoreError) {
    let reserve = try SpaceReserve(path: worker.reserve, bytes: room, least: least)
    descriptors = try Self.create(worker.answers)
    files = worker.answers
    self.reserve = reserve
  }

  private static func create(_ files: [String]) throws(StoreError) -> [Int32] {
    var descriptors: [Int32] = []
    for file in files {
      let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else {
        let failure = errno
        for descriptor in descriptors { close(descriptor) }
        throw StoreError(errno: failure, doing: "cannot create the journal of answers", at: file)
      }
      descriptors.append(descriptor)
    }
    return descriptors
  }

  deinit {
    for descriptor in descriptors { close(descriptor) }
  }

  /// Keeps an answer until its commit.
  ///
  /// - Throws: ``StoreError`` when it cannot be written whole.
  package mutating func append(
    _ result: JobResult,
    under lease: SegmentLease
  ) throws(StoreError) {
    let record = AnswerRecord.encode(result, under: lease)
    let size = record.count
    let written = unsafe record.withUnsafeBytes {
      unsafe pwrite(descriptors[current], $0.baseAddress, size, sizes[current])
    }
    guard written == size else {
      throw StoreError(
        errno: written < 0 ? errno : ENOSPC,
        doing: "cannot keep an answer",
        at: files[current],
        needed: size
      )
    }
    sizes[current] += size
  }

  /// Keeps an answer in the room that is held back, for whoever opens the batch next.
  ///
  /// - Returns: false when it does not fit.
  package mutating func keepInReserve(_ result: JobResult, under lease: SegmentLease) -> Bool {
    reserve.keep(AnswerRecord.encode(result, under: lease))
  }

  /// Sends new answers to the other file; the answers so far are about to be committed.
  package mutating func takeTurns() -> Turn {
    defer { current = 1 - current }
    return Turn(index: current)
  }

  /// Forgets answers that are committed.
  package mutating func forget(_ turn: Turn) {
    guard sizes[turn.index] > 0 else { return }
    sizes[turn.index] = 0
    _ = ftruncate(descriptors[turn.index], 0)
  }

  /// The answers that a worker which was killed has left, torn ones at the end left out.
  package static func answers(
    in worker: WorkerFiles
  ) -> [(lease: SegmentLease, result: JobResult)] {
    (worker.answers + [worker.reserve]).flatMap { AnswerRecord.decodeAll(contents(of: $0)) }
  }

  /// Gives the room back to the disk that a worker which was killed had held back and did not need.
  static func freeUnused(_ worker: WorkerFiles) {
    guard AnswerRecord.decodeAll(contents(of: worker.reserve)).isEmpty else { return }
    _ = unsafe unlink(worker.reserve)
  }

  private static func contents(of file: String) -> [UInt8] {
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else { return [] }
    let size = Int(information.st_size)
    return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      let got = unsafe pread(descriptor, buffer.baseAddress, size, 0)
      filled = max(0, got)
    }
  }
}
