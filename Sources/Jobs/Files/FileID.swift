import Glibc

/// Tells files and folders apart, whatever names and links lead to them.
struct FileID: Equatable {
  private let device: UInt
  private let inode: UInt

  /// Nil where nothing is there.
  init?(_ path: String) {
    var information = stat()
    guard unsafe stat(path, &information) == 0 else { return nil }
    device = UInt(information.st_dev)
    inode = UInt(information.st_ino)
  }
}
