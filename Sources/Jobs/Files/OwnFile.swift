import Glibc

/// Opens the files of a batch, and nothing else that bears their names: whoever may write to the
/// folder could put links, pipes or files of his own there.
enum OwnFile {
  /// - Parameters:
  ///   - flags: those of open(2); the file gets mode 0600 where it is made.
  ///   - doing: what is tried, for the message.
  ///   - isPrivate: true for a file that this user alone has made, and under one name.
  /// - Throws: ``StoreError``, `.notWritable` for what is no regular file.
  static func open(
    _ path: String,
    _ flags: Int32,
    doing: String,
    isPrivate: Bool = false
  ) throws(StoreError) -> Int32 {
    // Opening a pipe would wait for its other end.
    let safe = flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let descriptor = unsafe Glibc.open(path, safe, 0o600)
    guard descriptor >= 0 else {
      let number = errno
      throw FileKind(at: path).refusal(at: path)
        ?? StoreError(errno: number, doing: doing, at: path)
    }
    do throws(StoreError) {
      try check(descriptor, path, doing: doing, isPrivate: isPrivate)
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Opens a private file to be written from its start.
  ///
  /// It is emptied only once it is known to be one: `O_TRUNC` would empty whatever has the name.
  static func emptied(_ path: String, doing: String) throws(StoreError) -> Int32 {
    let descriptor = try open(path, O_RDWR | O_CREAT, doing: doing, isPrivate: true)
    guard ftruncate(descriptor, 0) == 0 else {
      let number = errno
      close(descriptor)
      throw StoreError(errno: number, doing: doing, at: path)
    }
    return descriptor
  }

  private static func check(
    _ descriptor: Int32,
    _ path: String,
    doing: String,
    isPrivate: Bool
  ) throws(StoreError) {
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else {
      throw StoreError(errno: errno, doing: doing, at: path)
    }
    if let refusal = FileKind(mode: information.st_mode).refusal(at: path) { throw refusal }
    let isOurs = information.st_uid == geteuid() && information.st_nlink <= 1
    guard !isPrivate || isOurs else {
      throw StoreError(foreignFileAt: path, doing: doing)
    }
  }
}

extension StoreError {
  /// What has the name of one of our files was put there by somebody else.
  init(foreignFileAt path: String, doing: String) {
    self.init(
      .notWritable,
      "\(doing): the file is somebody else's, or has a second name",
      at: path,
      next: "find out who put it there, and remove it, or choose an output in a folder that "
        + "nobody else can write to"
    )
  }
}
