import CLinux
import Glibc
import Synchronization

/// A file that only grows at its end: results as JSON lines.
package final class OutputFile: Sendable {
  package let path: String
  private let descriptor: Int32
  /// True where what was written has gone on to others and cannot be taken back.
  package let isStream: Bool
  private let queue = BlockingQueue(label: "nightjar.output")
  let stamps = Mutex(Stamps())

  /// Opens the file for appending, creating it with mode 0600.
  ///
  /// - Parameter isNew: whether there may be nothing of that name yet.
  /// - Throws: ``StoreError``; also for a link, a pipe and whatever else is no regular file.
  package init(path: String, isNew: Bool = false) throws(StoreError) {
    self.path = path
    isStream = false
    descriptor = try OwnFile.open(
      path,
      O_RDWR | O_CREAT | O_APPEND | (isNew ? O_EXCL : 0),
      doing: "cannot open the results file"
    )
    noteOurs()
  }

  /// Opens a file that is there, to read it.
  ///
  /// - Throws: ``StoreError``.
  package init(reading path: String) throws(StoreError) {
    self.path = path
    isStream = false
    descriptor = try OwnFile.open(path, O_RDONLY, doing: "cannot read the results file")
  }

  /// Takes a descriptor that is open already, such as standard output.
  ///
  /// - Throws: ``StoreError`` where it is not open.
  package init(stream number: Int32) throws(StoreError) {
    path = number == STDOUT_FILENO ? "standard output" : "file descriptor \(number)"
    isStream = true
    descriptor = dup(number)
    guard descriptor >= 0, fcntl(descriptor, F_GETFL) & O_ACCMODE != O_RDONLY else {
      throw StoreError(errno: EBADF, doing: "cannot write results", at: path)
    }
  }

  /// The descriptor that a name such as `-` or `/dev/stdout` means; nil for the name of a file.
  ///
  /// Such names are links in `/dev` or `/proc`, which a rename would replace.
  package static func stream(named name: String) -> Int32? {
    switch name {
    case "-", "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default:
      let folder = ["/dev/fd/", "/proc/self/fd/"].first(where: name.hasPrefix)
      return folder.flatMap { Int32(name.dropFirst($0.count)) }.flatMap { $0 >= 0 ? $0 : nil }
    }
  }

  deinit { close(descriptor) }

  /// Bytes in the file.
  package func size() throws(StoreError) -> Int { Int(try status().st_size) }

  /// True while the file has its name and so many bytes.
  package func isInPlace(size: Int) -> Bool {
    guard let information = try? status(), Int(information.st_size) == size else { return false }
    return FileID(information) == FileID(path)
  }

  /// What the system knows of the file (stat(2)).
  func status() throws(StoreError) -> stat {
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else {
      throw StoreError(errno: errno, doing: "cannot read the results file", at: path)
    }
    return information
  }

  /// Bytes that are gathered for one write; a longer line is written as it is, without a copy.
  private static let block = 1 << 20

  /// Appends all of `lines`, a line feed behind each, or nothing: what was written of them is cut off
  /// again.
  package func append(_ lines: [OutputLine]) async throws {
    try await queue.run { [self] in
      CrashPoint.reached(.exporting)
      noteOthers()
      defer { noteOurs() }
      var written = 0
      var block: [UInt8] = []
      do throws(StoreError) {
        for line in lines {
          if block.count + line.count >= Self.block {
            try write(block.span, &written)
            block = []
          }
          if line.count < Self.block {
            line.forEachBlock { bytes in
              unsafe bytes.withUnsafeBytes { unsafe block.append(contentsOf: $0) }
            }
          } else {
            try line.forEachBlock { bytes throws(StoreError) in try write(bytes, &written) }
          }
          block.append(UInt8(ascii: "\n"))
        }
        try write(block.span, &written)
      } catch {
        if written > 0 { takeBack(written) }
        throw error
      }
      CrashPoint.reached(.exported)
    }
  }

  /// - Parameter written: counts the bytes that went out, also before a failure.
  private func write(_ bytes: Span<UInt8>, _ written: inout Int) throws(StoreError) {
    var rest = bytes
    while !rest.isEmpty {
      let got = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if got < 0, errno == EINTR { continue }
      if got < 0, errno == EAGAIN {
        waitForReader()
        continue
      }
      guard got > 0 else {
        throw StoreError(
          errno: got < 0 ? errno : ENOSPC,
          doing: "cannot write results",
          at: path,
          needed: isStream ? nil : rest.count
        )
      }
      written += got
      rest = rest.extracting(droppingFirst: got)
    }
  }

  /// Cuts off what was just written, where that can be.
  private func takeBack(_ count: Int) {
    if !isStream, let size = try? size() { _ = ftruncate(descriptor, size - count) }
  }

  /// Waits until a pipe that must not be waited for has room.
  private func waitForReader() {
    var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = unsafe poll(&room, 1, -1)
  }

  /// The bytes at `offset`, fewer than `count` only at the end of the file.
  package func read(at offset: Int, count: Int) async throws -> [UInt8] {
    try await queue.run { [self] in bytes(at: offset, count: count) }
  }

  private func bytes(at offset: Int, count: Int) -> [UInt8] {
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

  /// Whether a line, with a line feed behind it, stands at `offset`.
  package func holds(_ line: OutputLine, at offset: Int) async throws -> Bool {
    try await queue.run { [self] in
      var place = offset
      var isThere = true
      func compare(_ line: Span<UInt8>) {
        for start in stride(from: 0, to: line.count, by: Self.block) where isThere {
          let part = line.extracting(start..<min(start + Self.block, line.count))
          let found = bytes(at: place, count: part.count)
          isThere = found.count == part.count && part.indices.allSatisfy { part[$0] == found[$0] }
          place += part.count
        }
      }
      line.forEachBlock { compare($0) }
      compare([UInt8(ascii: "\n")].span)
      return isThere
    }
  }

  /// Cuts the file to `size` bytes.
  package func truncate(to size: Int) async throws {
    try await queue.run { [self] in
      noteOthers()
      defer { noteOurs() }
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
}
