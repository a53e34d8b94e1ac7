import GRDB
import Glibc
import Synchronization

/// Notices that an open batch has lost its name, by which nobody would find it again, and writes it
/// once more from what is open.
final class BatchRescue: Sendable {
  private struct State {
    var error: StoreError?
    /// Of the file that was written, until this process ends: its jobs are still with it.
    var lock: BatchLock?
  }

  private let path: String
  private let access: BatchAccess
  private let lock: BatchLock
  private let state = Mutex(State())

  init(path: String, access: BatchAccess, lock: BatchLock) {
    (self.path, self.access, self.lock) = (path, access, lock)
  }

  /// - Throws: ``StoreError`` once the file is no longer found by its name; from then on whatever is
  ///   written to it would be lost.
  func check(_ db: Database) throws(StoreError) {
    guard !lock.isOf(path) else { return }
    let error = state.withLock { state in
      let error = state.error ?? save(db, &state.lock)
      state.error = error
      return error
    }
    throw error
  }

  private func save(_ db: Database, _ saved: inout BatchLock?) -> StoreError {
    let isFree = FileKind(at: path) == .absent
    let what = isFree ? "was removed or moved away" : "was exchanged for another file"
    let target = isFree ? path : path + "-saved"
    do {
      guard FileKind(at: target) == .absent else {
        throw StoreError(errno: EEXIST, doing: "cannot write", at: target)
      }
      saved = try write(db, to: target)
    } catch {
      let reason = StoreError(error, at: target).message
      return StoreError(
        .notWritable,
        "the batch file \(what) while it was open, and cannot be written again (\(reason))",
        at: path,
        next: "keep the results file, which has what is finished, and run the jobs that it lacks "
          + "with another output"
      )
    }
    return StoreError(
      .notWritable,
      "the batch file \(what) while it was open; it was written again, with every answer"
        + (isFree ? "" : ", to \(target)"),
      at: path,
      next: (isFree ? "find out what removed it" : "move \(target) back to its place")
        + ", then run the same command: finished jobs will not be sent again"
    )
  }

  /// Writes all that is open to a new file.
  private func write(_ db: Database, to target: String) throws -> BatchLock {
    let lock = try BatchLock(path: target, access: access)
    do {
      try db.explained(at: target) { try db.execute(sql: "VACUUM INTO ?", arguments: [target]) }
    } catch {
      _ = unsafe unlink(target)
      throw error
    }
    // Of the file that has no name any more; the new one would be read with them.
    for ending in ["-wal", "-shm"] { _ = unsafe unlink(path + ending) }
    return lock
  }
}
