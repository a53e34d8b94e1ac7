import Glibc

/// A file beside a batch that keeps its workers from starting anything new while it is there.
///
/// A file, since only its owner may write a batch, and since a pause should outlive every worker.
package struct PauseFile: Sendable {
  private let path: String

  /// - Parameter batch: path of the batch file.
  package init(batch: String) {
    path = batch + "-paused"
  }

  package var isThere: Bool { unsafe access(path, F_OK) == 0 }

  /// - Throws: ``StoreError`` where the file cannot be created.
  package func create() throws(StoreError) {
    close(try OwnFile.open(path, O_WRONLY | O_CREAT, doing: "cannot pause the batch"))
  }

  /// - Throws: ``StoreError`` where the file cannot be removed.
  package func remove() throws(StoreError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw StoreError(errno: errno, doing: "cannot resume the batch", at: path)
    }
  }
}
