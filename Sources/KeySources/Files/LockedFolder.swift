import Glibc

/// The folder of a secret file, locked against other writers while this value lives, so that
/// reading, changing and writing again is one step.
struct LockedFolder: ~Copyable {
  private let descriptor: Int32

  /// Waits for the lock.
  ///
  /// - Parameters:
  ///   - file: a file in the folder, which need not exist.
  ///   - creating: whether to make the folder, and those above it, where they are missing.
  /// - Throws: ``KeySourceError`` when there is no such folder, or others could exchange its files.
  init(of file: String, creating: Bool) throws(KeySourceError) {
    let path = Self.parent(of: file)
    if creating { try Self.create(path) }
    descriptor = try Self.open(path)
  }

  private static func open(_ path: String) throws(KeySourceError) -> Int32 {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw KeySourceError(
        .cannotWrite,
        "cannot open the folder \(path): \(SecretFile.reason(errno)); "
          + "'nightjar keys init' creates it"
      )
    }
    do throws(KeySourceError) {
      try check(descriptor, path)
      try lock(descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func lock(_ descriptor: Int32, _ path: String) throws(KeySourceError) {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw KeySourceError(
          .cannotWrite,
          "cannot lock the folder \(path) against other writers: \(SecretFile.reason(errno))"
        )
      }
    }
  }

  /// Refuses folders in which other users could put another file, or a link to one, in the place of
  /// ours: that of the name and that of the file it leads to.
  ///
  /// - Parameter isHandedOver: whether the folder may be of another user, who hands the file over.
  static func check(
    placesOf file: String,
    isHandedOver: Bool = false
  ) throws(KeySourceError) {
    try check(parentOf: file, isHandedOver: isHandedOver)
    guard let resolved = unsafe realpath(file, nil) else { return }
    defer { unsafe free(resolved) }
    try check(parentOf: unsafe String(cString: resolved), isHandedOver: isHandedOver)
  }

  /// Refuses a folder in which other users could put a file of their own in place of ours.
  static func check(
    parentOf file: String,
    isHandedOver: Bool = false
  ) throws(KeySourceError) {
    let path = parent(of: file)
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A missing folder is reported with the file that is missing in it.
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    try check(descriptor, path, isHandedOver: isHandedOver)
  }

  /// Puts a file, readable by this user only, in place of what has its name: whole or not at all,
  /// even when the machine stops in between.
  func replace(_ file: String, with bytes: Span<UInt8>) throws(KeySourceError) {
    let name = Self.name(of: file)
    // The lock is ours, so what has this name was left by a writer that was killed.
    let temporary = ".\(name).new"
    _ = unsafe unlinkat(descriptor, temporary, 0)
    let output = unsafe openat(
      descriptor,
      temporary,
      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
      0o600
    )
    guard output >= 0 else { throw cannotWrite(file) }
    let written = Self.write(bytes, to: output)
    close(output)
    guard written, unsafe renameat(descriptor, temporary, descriptor, name) == 0,
      fsync(descriptor) == 0
    else {
      let error = cannotWrite(file)
      unsafe unlinkat(descriptor, temporary, 0)
      throw error
    }
  }

  private static func write(_ bytes: Span<UInt8>, to file: Int32) -> Bool {
    unsafe bytes.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let count = unsafe Glibc.write(
          file,
          bytes.baseAddress?.advanced(by: start),
          bytes.count - start
        )
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        start += count
      }
      return fsync(file) == 0
    }
  }

  private func cannotWrite(_ file: String) -> KeySourceError {
    KeySourceError(
      .cannotWrite,
      "cannot write \(file): \(SecretFile.reason(errno)), and nothing was changed; check the folder "
        + "and the space on its disk"
    )
  }

  private static func check(
    _ descriptor: Int32,
    _ path: String,
    isHandedOver: Bool = false
  ) throws(KeySourceError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw KeySourceError(.denied, "cannot examine \(path): \(SecretFile.reason(errno))")
    }
    let sharedWrite = status.st_mode & 0o022 != 0 && status.st_mode & S_ISVTX == 0
    let ownedByOther = !isHandedOver && status.st_uid != geteuid() && status.st_uid != 0
    guard !sharedWrite, !ownedByOther else {
      throw KeySourceError(
        .denied,
        "other users can change the folder \(path), and so exchange the secrets in it; "
          + "run: chmod go-w '\(path)', or use a folder of your own"
      )
    }
  }

  private static func create(_ path: String) throws(KeySourceError) {
    var missing: [String] = []
    var folder = path
    while unsafe access(folder, F_OK) != 0, folder != parent(of: folder) {
      missing.append(folder)
      folder = parent(of: folder)
    }
    for folder in missing.reversed() where unsafe mkdir(folder, 0o700) != 0 && errno != EEXIST {
      throw KeySourceError(
        .cannotWrite,
        "cannot create the folder \(folder): \(SecretFile.reason(errno))"
      )
    }
  }

  /// The folder of a file.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The name of a file in its folder.
  static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  deinit { close(descriptor) }
}
