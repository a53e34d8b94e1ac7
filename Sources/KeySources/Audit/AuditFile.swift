import Glibc

/// The file of an audit log, open: reading its tail, and writing whole lines to its end.
struct AuditFile: ~Copyable {
  /// The most bytes of a line; a longer one is not ours.
  static let longestLine = 1 << 20
  private static let window = 16 << 10

  private let descriptor: Int32
  private let path: String

  /// Opens a log that only this user may read, and makes it where there is none.
  ///
  /// - Throws: ``KeySourceError`` of kind `cannotWrite`.
  init(appendingTo path: String) throws(KeySourceError) {
    // Until the last of it is checked, nothing owns the descriptor whose end would close it again.
    let opened = try Self.opened(
      path,
      O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
      .cannotWrite,
      "a symbolic link is not followed, and the folder must be writable"
    )
    do throws(KeySourceError) {
      _ = try SecretFile.checkedSize(opened, path: path, what: "the audit log")
    } catch {
      close(opened)
      throw KeySourceError(.cannotWrite, error.description)
    }
    descriptor = opened
    self.path = path
  }

  /// Opens a log to read it.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied`.
  init(reading path: String) throws(KeySourceError) {
    descriptor = try Self.opened(
      path,
      O_RDONLY | O_CLOEXEC | O_NONBLOCK,
      .denied,
      "check the path"
    )
    self.path = path
  }

  private static func opened(
    _ path: String,
    _ flags: Int32,
    _ kind: KeySourceError.Kind,
    _ hint: String
  ) throws(KeySourceError) -> Int32 {
    let descriptor = unsafe open(path, flags, 0o600)
    guard descriptor >= 0 else {
      let isFull = errno == ENOSPC || errno == EDQUOT
      throw KeySourceError(
        kind,
        "cannot open the audit log \(path): \(SecretFile.reason(errno)); "
          + (isFull ? "free some space, and names for files (`df -i`)" : hint)
      )
    }
    return descriptor
  }

  /// How many bytes it has.
  ///
  /// - Throws: ``KeySourceError`` when it was removed meanwhile: what is written to it would be
  ///   lost.
  func size() throws(KeySourceError) -> Int {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_nlink > 0 else {
      throw KeySourceError(
        .cannotWrite,
        "the audit log \(path) was removed while it was written; stop this program, put the log "
          + "back, and start again"
      )
    }
    return Int(status.st_size)
  }

  /// Runs `body` while no other process writes.
  func locked<Result>(
    _ body: () throws(KeySourceError) -> Result
  ) throws(KeySourceError) -> Result {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw cannotWrite() }
    }
    defer { _ = flock(descriptor, LOCK_UN) }
    return try body()
  }

  /// How much of the file was written before a power cut left a hole in it.
  ///
  /// The size of a file may be on disk without all of its bytes; those that are missing read as
  /// zeros, which no line holds. Holes are near the end: what is older, the system has written.
  ///
  /// - Parameter start: up to where the file is known to be whole.
  func sizeBeforeHole(from start: Int, to size: Int) throws(KeySourceError) -> Int {
    let start = max(start, size - 2 * Self.longestLine)
    guard start < size else { return size }
    return try read(from: start, count: size - start).firstIndex(of: 0).map { start + $0 } ?? size
  }

  /// The last whole line, and where it ends; nil and 0 when there is none.
  func lastLine(before size: Int) throws(KeySourceError) -> (line: [UInt8]?, end: Int) {
    for window in [Self.window, 2 * Self.longestLine] {
      let start = max(0, size - window)
      let tail = try read(from: start, count: size - start)
      guard let end = tail.lastIndex(of: 0x0A) else {
        if start == 0 { return (nil, 0) }
        continue
      }
      let before = tail[..<end].lastIndex(of: 0x0A)
      if before == nil, start > 0 { continue }
      return (Array(tail[(before.map { $0 + 1 } ?? 0)..<end]), start + end + 1)
    }
    throw KeySourceError(
      .cannotWrite,
      "\(path) has no line breaks at its end, so it is not an audit log; move it away"
    )
  }

  /// Up to `count` bytes; fewer at the end of the file.
  func read(from start: Int, count: Int) throws(KeySourceError) -> [UInt8] {
    var failed = false
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { room, used in
      while used < count {
        let got = unsafe pread(
          descriptor,
          room.baseAddress?.advanced(by: used),
          count - used,
          off_t(start + used)
        )
        if got < 0, errno == EINTR { continue }
        failed = got < 0
        guard got > 0 else { return }
        used += got
      }
    }
    guard !failed else {
      throw KeySourceError(
        .denied,
        "cannot read the audit log \(path): \(SecretFile.reason(errno)); check the disk (dmesg "
          + "tells), then run the same command"
      )
    }
    return bytes
  }

  /// Writes whole lines to the end, or nothing: what was written of them is cut off again.
  func append(_ lines: [UInt8], at end: Int) throws(KeySourceError) {
    var start = 0
    while start < lines.count {
      let count = unsafe lines.withUnsafeBytes {
        unsafe write(descriptor, $0.baseAddress?.advanced(by: start), lines.count - start)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = cannotWrite(needing: lines.count - start)
        try? cut(to: end)
        throw error
      }
      start += count
    }
  }

  /// Drops the bytes after the last whole line.
  func cut(to end: Int) throws(KeySourceError) {
    guard ftruncate(descriptor, off_t(end)) == 0 else { throw cannotWrite() }
  }

  /// Waits until everything written is on disk.
  func sync() throws(KeySourceError) {
    guard fdatasync(descriptor) == 0 else {
      throw KeySourceError(
        .cannotWrite,
        "the disk did not confirm that the audit log \(path) was written: "
          + "\(SecretFile.reason(errno)); check the disk (dmesg tells), then run the same command"
      )
    }
  }

  /// - Parameter bytes: how many could not be written.
  private func cannotWrite(needing bytes: Int? = nil) -> KeySourceError {
    if errno == EFBIG {
      return KeySourceError(
        .cannotWrite,
        "the audit log \(path) would grow past the largest size that is allowed here; raise the "
          + "limit (`ulimit -f unlimited`) and run the same command"
      )
    }
    guard errno == ENOSPC || errno == EDQUOT else {
      let reason = SecretFile.reason(errno)
      return KeySourceError(
        .cannotWrite,
        "cannot write the audit log \(path): \(reason); check the disk (dmesg tells), then run the "
          + "same command"
      )
    }
    let need = bytes.map { ": at least \($0) bytes are needed\(free)" } ?? ""
    return KeySourceError(
      .cannotWrite,
      "the disk is full, so the audit log \(path) cannot be written\(need); "
        + "free some space and run the same command"
    )
  }

  private var free: String {
    var information = statvfs()
    guard unsafe fstatvfs(descriptor, &information) == 0 else { return "" }
    return ", \(Int(information.f_bavail) * Int(information.f_frsize)) bytes are free"
  }

  deinit { close(descriptor) }
}
