import CLinux
import Glibc

extension OutputFile {
  /// Makes the file at `path` of what `write` appends to a new one, or leaves everything as it was.
  ///
  /// The new file takes the name only once it is whole and on disk (write, fsync, rename, fsync of
  /// the folder).
  ///
  /// - Parameter overwrites: whether a file that is there may be replaced; without it one that comes
  ///   up meanwhile is left alone too.
  /// - Throws: ``StoreError``, or what `write` throws.
  package static func replacing(
    _ path: String,
    overwrites: Bool = true,
    with write: (OutputFile) async throws -> Void
  ) async throws {
    let temporary = path + ".tmp-\(UInt32.random(in: 0 ... .max))"
    let file = try OutputFile(path: temporary, isNew: true)
    do {
      try await write(file)
      try await file.sync()
      CrashPoint.reached(.renaming)
      try rename(temporary, to: path, overwrites: overwrites)
      CrashPoint.reached(.renamed)
      try syncFolder(of: path)
    } catch {
      _ = unsafe unlink(temporary)
      throw error
    }
  }

  private static func rename(_ old: String, to new: String, overwrites: Bool) throws(StoreError) {
    if !overwrites {
      if unsafe renameat2(AT_FDCWD, old, AT_FDCWD, new, nightjar_rename_noreplace) == 0 { return }
      // Not every file system has it (renameat2(2)); what was there was looked at before.
      guard errno == EINVAL || errno == ENOSYS else {
        throw StoreError(errno: errno, doing: "cannot give the file its name", at: new)
      }
    }
    guard unsafe Glibc.rename(old, new) == 0 else {
      throw StoreError(errno: errno, doing: "cannot replace the file", at: new)
    }
  }

  /// A folder that may not be read, or that has nothing to sync, is left to the system.
  private static func syncFolder(of path: String) throws {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = unsafe open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw StoreError(unconfirmed: "the file has its name", errno: errno, at: path)
    }
  }
}
