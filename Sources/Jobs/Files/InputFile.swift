import CLinux
import Glibc
import Synchronization

/// An input that is read by position, or from front to back where it is a pipe.
package final class InputFile: Sendable {
  package let path: String
  private let descriptor: Int32
  /// An eventfd that wakes whoever waits for a pipe; -1 for a file, which keeps nobody waiting.
  private let wakeup: Int32
  private let queue = BlockingQueue(label: "nightjar.input")
  /// Of a pipe that this process writes itself, why it ended too early.
  private let end: PipeEnd?
  /// What was looked at of a pipe and not read yet.
  private let peeked = Mutex<[UInt8]>([])

  /// Opens a file.
  ///
  /// - Throws: ``StoreError`` `.inputMissing` with what to do about it.
  package init(path: String) throws(StoreError) {
    self.path = path
    end = nil
    wakeup = -1
    // A pipe of that name keeps nobody waiting for its writer.
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else { throw Self.unreadable(path, errno) }
    let kind = FileKind(mode: information.st_mode)
    guard ![.pipe, .socket, .device].contains(kind) else { throw Self.endless(kind, at: path) }
  }

  /// Takes a file that is open, and closes it.
  init(descriptor: Int32, path: String) {
    self.path = path
    self.descriptor = descriptor
    end = nil
    wakeup = -1
  }

  /// Takes standard input.
  package convenience init(standardInput: Void) { self.init(pipe: STDIN_FILENO) }

  /// Takes a copy of a pipe that is open.
  package convenience init(pipe: Int32) { self.init(pipe: pipe, end: nil) }

  /// - Parameter end: tells of one that this process writes itself how it ended.
  init(pipe: Int32, end: PipeEnd?) {
    path = "-"
    self.end = end
    descriptor = dup(pipe)
    wakeup = eventfd(0, Int32(EFD_CLOEXEC))
  }

  deinit {
    close(descriptor)
    if wakeup >= 0 { close(wakeup) }
  }

  /// What cannot be read twice is standard input, or none.
  private static func endless(_ kind: FileKind, at path: String) -> StoreError {
    StoreError(
      .inputMissing,
      "the input is a \(kind), not a file",
      at: path,
      next: "give - as the input and pipe it in: … | nightjar run -"
    )
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
    let rest = max(0, try identity().size - offset)
    return try await queue.run { [self] in try bytes(min(count, rest), at: offset) }
  }

  /// The first bytes of a file, on the caller's thread.
  func head() throws -> [UInt8] { try bytes(SecretText.head, at: 0) }

  /// The next bytes of a pipe as soon as there are any, at most `count`; empty at its end.
  ///
  /// - Throws: ``StoreError`` when it cannot be read, `CancellationError` after ``stopWaiting()``.
  package func readNext(count: Int) async throws -> [UInt8] {
    let held = peeked.withLock { held in
      defer { held = [] }
      return held
    }
    guard held.isEmpty else { return held }
    return try await queue.run { [self] in
      try waitForPipe()
      return try bytes(count, at: nil)
    }
  }

  /// Looks at the first bytes, at more and more of them until it is enough; a pipe gives them again
  /// when it is read.
  ///
  /// - Parameters:
  ///   - limit: how many at most.
  ///   - isEnough: is told the bytes so far, and whether there will be no more.
  package func peek(
    atMost limit: Int,
    until isEnough: ([UInt8], _ isWhole: Bool) -> Bool
  ) async throws {
    var (bytes, size) = (seen, 64 << 10)
    if !bytes.isEmpty, isEnough(bytes, false) { return }
    while true {
      let isWhole: Bool
      if wakeup < 0 {
        bytes = try await read(at: 0, count: size)
        isWhole = bytes.count < size
      } else {
        let more = try await queue.run { [self, size] in try self.bytes(size, at: nil) }
        bytes += more
        isWhole = more.isEmpty
        peeked.withLock { $0 = bytes }
      }
      let isLast = isWhole || bytes.count >= limit
      if isEnough(bytes, isLast) || isLast { return }
      size = min(limit, 2 * size)
    }
  }

  /// What was looked at of a pipe and is still to be read; empty for a file.
  package var seen: [UInt8] { peeked.withLock { $0 } }

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

  func bytes(_ count: Int, at offset: Int?) throws -> [UInt8] {
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
        if got == 0, let failure = end?.failure { throw failure }
        if got == 0 { break }
        if got < 0, errno == EINTR { continue }
        if got < 0 { throw Self.unreadable(path, errno) }
        filled += got
        if offset == nil { break }
      }
    }
  }
}
