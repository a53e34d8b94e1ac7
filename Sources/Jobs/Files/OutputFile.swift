import Glibc

/// A file that only grows at its end: results as JSON lines.
package final class OutputFile: Sendable {
  package let path: String
  private let descriptor: Int32
  private let queue = BlockingQueue(label: "nightjar.output")

  /// Opens the file for appending, creating it with mode 0600.
  ///
  /// - Throws: ``StoreError``.
  package init(path: String) throws(StoreError) {
    self.path = path
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, doing: "cannot open the results file", at: path)
    }
  }

  /// Opens a file that is there, to read it.
  ///
  /// - Throws: ``StoreError``.
  package init(reading path: String) throws(StoreError) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, doing: "cannot read the results file", at: path)
    }
  }

  deinit { close(descriptor) }

  /// Bytes in the file.
  package func size() throws(StoreError) -> Int {
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else {
      throw StoreError(errno: errno, doing: "cannot read the results file", at: path)
    }
    return Int(information.st_size)
  }

  /// Appends all of `bytes`, or nothing: what was written of them is cut off again.
  package func append(_ bytes: [UInt8]) async throws {
    try await queue.run { [self] in
      CrashPoint.reached(.exporting)
      try unsafe bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
          let start = unsafe buffer.baseAddress.map { unsafe $0 + written }
          let got = unsafe write(descriptor, start, buffer.count - written)
          if got < 0, errno == EINTR { continue }
          guard got > 0 else {
            let failure = StoreError(
              errno: got < 0 ? errno : ENOSPC,
              doing: "cannot write results",
              at: path,
              needed: buffer.count - written
            )
            if written > 0, let size = try? size() { _ = ftruncate(descriptor, size - written) }
            throw failure
          }
          written += got
        }
      }
      CrashPoint.reached(.exported)
    }
  }

  /// The bytes at `offset`, fewer than `count` only at the end of the file.
  package func read(at offset: Int, count: Int) async throws -> [UInt8] {
    try await queue.run { [self] in
      unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        while filled < count {
          let start = unsafe buffer.baseAddress.map { unsafe $0 + filled }
          let got = unsafe pread(descriptor, start, count - filled, offset + filled)
          if got < 0, errno == EINTR { continue }
          guard got > 0 else { return }
          filled += got
        }
      }
    }
  }

  /// Cuts the file to `size` bytes.
  package func truncate(to size: Int) async throws {
    try await queue.run { [self] in
      guard ftruncate(descriptor, size) == 0 else {
        throw StoreError(errno: errno, doing: "cannot repair the results file", at: path)
      }
    }
  }

  /// Returns once everything written is on disk.
  package func sync() async throws {
    try await queue.run { [self] in
      CrashPoint.reached(.syncing)
      // EINVAL says that there is nothing to sync, as for a device (fsync(2)).
      guard fdatasync(descriptor) == 0 || errno == EINVAL else {
        throw StoreError(unconfirmed: "results were written", errno: errno, at: path)
      }
      CrashPoint.reached(.synced)
    }
  }

  /// Replaces the file at `path` with what `write` appends to a new one, or leaves it as it was.
  ///
  /// The new file takes the name only once it is whole and on disk (write, fsync, rename, fsync of
  /// the folder).
  package static func replacing(
    _ path: String,
    with write: (OutputFile) async throws -> Void
  ) async throws {
    let temporary = path + ".tmp-\(getpid())"
    do {
      let file = try OutputFile(path: temporary)
      try await file.truncate(to: 0)
      try await write(file)
      try await file.sync()
      CrashPoint.reached(.renaming)
      guard unsafe rename(temporary, path) == 0 else {
        throw StoreError(errno: errno, doing: "cannot replace the file", at: path)
      }
      CrashPoint.reached(.renamed)
      try syncFolder(of: path)
    } catch {
      _ = unsafe unlink(temporary)
      throw error
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
