import Glibc

/// Which file stands at a path, and in which condition: equal stamps mean that it need not be read
/// again.
struct FileStamp: Hashable, Sendable {
  private let device: UInt
  private let inode: UInt
  private let size: Int
  /// Seconds and nanoseconds.
  private let modified: [Int]
  /// Also counts up when only owner or mode change.
  private let changed: [Int]

  /// The stamp of what stands at a path, links not followed; nil when there is nothing.
  init?(_ path: String) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
    size = Int(status.st_size)
    modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
  }
}
