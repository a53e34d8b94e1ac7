/// What tells one version of a file from another without reading it.
package struct FileIdentity: Sendable, Equatable {
  package let device: Int
  package let inode: Int
  /// Bytes.
  package let size: Int
  /// Time of the last change, nanoseconds since 1970.
  package let modified: Int

  package init(device: Int, inode: Int, size: Int, modified: Int) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
  }
}
