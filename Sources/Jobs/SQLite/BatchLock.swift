import CLinux
import Glibc

/// Says which process owns a batch: the lock goes away with the process, however it ends.
///
/// It is a `flock` on the batch file itself, which does not meet SQLite's own `fcntl` locks. The
/// descriptor must be opened before SQLite opens the file and closed after, because closing any
/// descriptor of a file drops the process's `fcntl` locks on it (SQLite, "How To Corrupt", 2.2).
package final class BatchLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock, creating the file with mode 0600 where there is none.
  ///
  /// - Throws: ``StoreError`` `.owned` when another process holds it, `.notWritable` or
  ///   `.unsuitableFileSystem` when a batch cannot live there.
  package init(path: String) throws(StoreError) {
    let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, doing: "cannot open the batch file", at: path)
    }
    self.descriptor = descriptor
    if Self.isNetworkFileSystem(descriptor) {
      throw StoreError(
        .unsuitableFileSystem,
        "a batch file cannot live on a network file system",
        at: path,
        next: "choose an output on a local disk and copy the results afterwards"
      )
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw StoreError(
        .owned,
        "another nightjar is working on this batch",
        at: path,
        next: "let it finish, or stop it and run the same command; `nightjar status` shows it"
      )
    }
  }

  deinit { close(descriptor) }

  /// True while some process owns the batch at `path`.
  package static func isHeld(path: String) -> Bool {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  /// SQLite's WAL needs memory shared between processes, which network file systems do not give.
  private static func isNetworkFileSystem(_ descriptor: Int32) -> Bool {
    let nfs = 0x6969
    let smb = 0x517B
    let cifs = 0xFF53_4D42
    let smb2 = 0xFE53_4D42
    var information = statfs()
    guard unsafe fstatfs(descriptor, &information) == 0 else { return false }
    return [nfs, smb, cifs, smb2].contains(Int(UInt32(truncatingIfNeeded: information.f_type)))
  }
}
