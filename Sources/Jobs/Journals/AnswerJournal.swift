import Glibc

/// Answers that have come and are not committed yet, in files that outlive a killed process.
///
/// An answer has been paid for, and a commit takes milliseconds. So it is first kept here, without an
/// fsync: enough to survive the death of the process, after which the next owner of the batch commits
/// what it finds. Two files take turns: while the answers of one are being committed, new ones go to
/// the other. A third one is a reserve for when the disk is full.
///
/// Not thread-safe by itself: its owner calls it under a lock.
package struct AnswerJournal: ~Copyable {
  /// Names the file whose answers are being committed.
  package struct Turn: Sendable {
    fileprivate let index: Int
  }

  private let files: [AnswerFile]
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
    var files: [AnswerFile] = []
    for path in worker.answers { files.append(try AnswerFile(path: path)) }
    self.files = files
    self.reserve = reserve
  }

  /// Keeps an answer until its commit.
  ///
  /// - Throws: ``StoreError`` when it cannot be written whole.
  package mutating func append(
    _ result: JobResult,
    under lease: SegmentLease
  ) throws(StoreError) {
    try files[current].append(result, under: lease)
  }

  /// Keeps an answer in the room that is held back, for whoever opens the batch next.
  ///
  /// - Returns: false when it does not fit.
  package mutating func keepInReserve(_ result: JobResult, under lease: SegmentLease) -> Bool {
    let record = AnswerRecord(of: result, under: lease, turn: 0)
    return reserve.keep(record.count) { file, offset in record.write(to: file, at: offset) }
  }

  /// Sends new answers to the other file; the answers so far are about to be committed.
  package mutating func takeTurns() -> Turn {
    defer { current = 1 - current }
    return Turn(index: current)
  }

  /// Forgets answers that are committed.
  package mutating func forget(_ turn: Turn) {
    files[turn.index].empty()
  }

  /// The answers that a worker which was killed has left, torn ones at the end left out; read one by
  /// one, since together they may be larger than the memory.
  package static func answers(in worker: WorkerFiles) -> KeptAnswers {
    KeptAnswers(in: worker.answers + [worker.reserve])
  }

  /// Gives the room back to the disk that a worker which was killed had held back and did not need.
  static func freeUnused(_ worker: WorkerFiles) {
    var kept = KeptAnswers(in: [worker.reserve])
    guard kept.next() == nil else { return }
    _ = unsafe unlink(worker.reserve)
  }
}
