import Glibc

/// Says that a worker lives: a lock on its file that goes away with the process, however it ends.
final class WorkerLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of a worker that nobody else knows yet.
  ///
  /// - Throws: ``StoreError`` when the file cannot be created.
  init(_ files: WorkerFiles) throws(StoreError) {
    descriptor = try OwnFile.open(
      files.sent,
      O_RDWR | O_CREAT,
      doing: "cannot create the worker's file",
      isPrivate: true
    )
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw StoreError(errno: errno, doing: "cannot lock the worker's file", at: files.sent)
    }
  }

  deinit { close(descriptor) }

  /// True while the process that these files belong to lives, even if it does not run.
  static func isHeld(_ files: WorkerFiles) -> Bool {
    guard let descriptor = try? OwnFile.open(files.sent, O_RDONLY, doing: "cannot read") else {
      return false
    }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }
}
