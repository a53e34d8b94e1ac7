import Glibc

/// Tells files and folders apart, whatever names and links lead to them.
package struct FileID: Hashable, Sendable {
  private let device: UInt
  let inode: UInt

  /// Nil where nothing is there.
  package init?(_ path: String) {
    var information = stat()
    guard unsafe stat(path, &information) == 0 else { return nil }
    self.init(information)
  }

  init(_ information: stat) {
    device = UInt(information.st_dev)
    inode = UInt(information.st_ino)
  }

  /// True for two names that lead to one file, however they are spelled.
  package static func areSame(_ path: String, _ other: String) -> Bool {
    path == other || FileID(path).map { $0 == FileID(other) } ?? false
  }
}
