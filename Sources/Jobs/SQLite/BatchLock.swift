import CLinux
import Glibc

/// Says who works on a batch, one owner or several workers: the lock goes away with the process,
/// however it ends.
///
/// It is a `flock` on the batch file itself, which does not meet SQLite's own `fcntl` locks. The
/// descriptor must be opened before SQLite opens the file and closed after, because closing any
/// descriptor of a file drops the process's `fcntl` locks on it (SQLite, "How To Corrupt", 2.2).
package final class BatchLock: Sendable {
  private let descriptor: Int32
  /// What the user should know about where the file lies; nil for nothing.
  let warning: String?

  /// Takes the lock, creating the file with mode 0600 where there is none.
  ///
  /// - Throws: ``StoreError`` `.owned` when another process holds it, `.notWritable` or
  ///   `.unsuitableFileSystem` when a batch cannot live there.
  package init(path: String, access: BatchAccess) throws(StoreError) {
    descriptor = try OwnFile.open(path, O_RDWR | O_CREAT, doing: "cannot open the batch file")
    let fileSystem = FileSystemKind(of: descriptor)
    if let refusal = fileSystem.refusal(at: path) { throw refusal }
    warning = fileSystem.warning(at: path)
    let kind = access == .owner ? LOCK_EX : LOCK_SH
    guard flock(descriptor, kind | LOCK_NB) == 0 else {
      throw StoreError(
        .owned,
        "another nightjar is working on this batch",
        at: path,
        next: "let it finish, or stop it and run the same command; `nightjar status` shows it"
      )
    }
  }

  deinit {
    release()
    close(descriptor)
  }

  /// Lets others work on the batch, once SQLite has closed it.
  ///
  /// Said to the kernel, since a child that is being started has a copy of the descriptor for a moment.
  func release() { flock(descriptor, LOCK_UN) }

  /// Whether the file still has the name that it was opened by.
  func isOf(_ path: String) -> Bool {
    var information = stat()
    return unsafe fstat(descriptor, &information) == 0 && FileID(information) == FileID(path)
  }

  /// A process, other than this one, that holds an `fcntl` lock on a range of the file's bytes.
  func holder(of start: Int, _ count: Int) -> pid_t? {
    var range = Glibc.flock()
    range.l_type = Int16(F_WRLCK)
    range.l_whence = Int16(SEEK_SET)
    range.l_start = start
    range.l_len = count
    guard unsafe nightjar_get_lock(descriptor, &range) == 0, range.l_type != Int16(F_UNLCK) else {
      return nil
    }
    return range.l_pid
  }
}
