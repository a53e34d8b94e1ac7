import CLinux
import Glibc

/// An input that is read by position, or from front to back where it is a pipe.
package final class InputFile: Sendable {
  package let path: String
  private let descriptor: Int32
  /// An eventfd that wakes whoever waits for a pipe; -1 for a file, which keeps nobody waiting.
  private let wakeup: Int32
  private let queue = BlockingQueue(label: "nightjar.input")

  /// Opens a file.
  ///
  /// - Throws: ``StoreError`` `.inputMissing` with what to do about it.
  package init(path: String) throws(StoreError) {
    self.path = path
    wakeup = -1
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
  }

  /// Takes standard input.
  package init(standardInput: Void) {
    path = "-"
    descriptor = dup(STDIN_FILENO)
    wakeup = eventfd(0, Int32(EFD_CLOEXEC))
  }

  deinit {
    close(descriptor)
    if wakeup >= 0 { close(wakeup) }
  }

  private static func unreadable(_ path: String, _ number: Int32) -> StoreError {
    StoreError(
      .inputMissing,
      "cannot read the input: \(unsafe String(cString: strerror(number)).lowercased())",
      at: path,
      next: "check the name and the permissions, then run the same command"
    )
  }

  /// Identity of the file as it is now.
  package func identity() throws(StoreError) -> FileIdentity {
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else { throw Self.unreadable(path, errno) }
    let modified = information.st_mtim
    return FileIdentity(
      device: Int(information.st_dev),
      inode: Int(information.st_ino),
      size: Int(information.st_size),
      modified: modified.tv_sec * 1_000_000_000 + modified.tv_nsec
    )
  }

  /// The bytes at `offset`, fewer than `count` only at the end of the file.
  package func read(at offset: Int, count: Int) async throws -> [UInt8] {
    try await queue.run { [self] in try bytes(count, at: offset) }
  }

  /// The next bytes of a pipe as soon as there are any, at most `count`; empty at its end.
  ///
  /// - Throws: ``StoreError`` when it cannot be read, `CancellationError` after ``stopWaiting()``.
  package func readNext(count: Int) async throws -> [UInt8] {
    try await queue.run { [self] in
      try waitForPipe()
      return try bytes(count, at: nil)
    }
  }

  /// Ends a wait of ``readNext(count:)``, now and from here on: the writer of a pipe may stay silent
  /// for ever.
  package func stopWaiting() {
    if wakeup >= 0 { eventfd_write(wakeup, 1) }
  }

  private func waitForPipe() throws {
    var waiting = [descriptor, wakeup].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while unsafe poll(&waiting, 2, -1) < 0, errno == EINTR {}
    if waiting[1].revents != 0 { throw CancellationError() }
  }

  private func bytes(_ count: Int, at offset: Int?) throws -> [UInt8] {
    try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let rest = unsafe UnsafeMutableRawBufferPointer(buffer)[filled...]
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: rest)
        let got =
          if let offset {
            unsafe pread(descriptor, target.baseAddress, target.count, offset + filled)
          } else {
            unsafe Glibc.read(descriptor, target.baseAddress, target.count)
          }
        if got == 0 { break }
        if got < 0, errno == EINTR { continue }
        if got < 0 { throw Self.unreadable(path, errno) }
        filled += got
        if offset == nil { break }
      }
    }
  }
}
