import Glibc
import Secrets

/// Reads files that hold secrets, and refuses those that others could read or replace.
enum SecretFile {
  /// Reads a whole file straight into a secret.
  ///
  /// The checks are made on the open file, so that it cannot be exchanged in between: a regular
  /// file that ``FileProtection`` finds no fault with.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - what: names it in messages, for instance "the keystore".
  ///   - largest: the most bytes accepted.
  ///   - followingLinks: whether the last part of the path may be a symbolic link.
  ///   - readers: who else may read it.
  /// - Returns: the file's bytes.
  /// - Throws: ``KeySourceError`` of kind `denied`.
  static func read(
    _ path: String,
    what: String,
    largest: Int,
    followingLinks: Bool,
    readers: FileProtection.Readers = .none
  ) throws(KeySourceError) -> Secret {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
    let file = unsafe open(path, flags)
    guard file >= 0 else { throw cannotOpen(path, what: what, reason: errno) }
    defer { close(file) }
    let size = try checkedSize(file, path: path, what: what, readers: readers)
    guard size <= largest else { throw tooLarge(path, what: what, largest: largest) }
    return try read(file, path: path, what: what, largest: size)
  }

  /// Reads a whole file that is protected like a secret although its bytes are not one, such as an
  /// encrypted file.
  ///
  /// Symbolic links are refused.
  static func publicBytes(
    of path: String,
    what: String,
    largest: Int
  ) throws(KeySourceError) -> [UInt8] {
    let file = try read(path, what: what, largest: largest, followingLinks: false)
    return file.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }

  /// Whether there is anything at a path, even a broken link.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 || errno != ENOENT
  }

  /// Reads an open file or pipe to its end.
  static func read(
    _ file: Int32,
    path: String,
    what: String,
    largest: Int
  ) throws(KeySourceError) -> Secret {
    let secret = try unsafe Secret(capacity: largest + 1) { room throws(KeySourceError) in
      var used = 0
      while used < room.count {
        let count = unsafe Glibc.read(file, room.baseAddress?.advanced(by: used), room.count - used)
        if count == 0 { break }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          throw KeySourceError(.denied, "cannot read \(what) \(path): \(reason(errno))")
        }
        used += count
      }
      return used
    }
    guard secret.count <= largest else {
      throw tooLarge(path, what: what, largest: largest)
    }
    return secret
  }

  /// The size of an open file, which must be a regular one that others cannot read or change.
  static func checkedSize(
    _ file: Int32,
    path: String,
    what: String,
    readers: FileProtection.Readers = .none
  ) throws(KeySourceError) -> Int {
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else {
      throw KeySourceError(.denied, "cannot examine \(what) \(path): \(reason(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw KeySourceError(.denied, "\(what) \(path) is not a regular file; check the path")
    }
    switch FileProtection(of: file, status).fault(for: geteuid(), readers) {
    case nil: return Int(status.st_size)
    case .foreignOwner:
      throw KeySourceError(
        .denied,
        "\(what) \(path) belongs to user \(status.st_uid); it must belong to you or to root, "
          + "or its owner could exchange it: chown it"
      )
    case .shared:
      throw KeySourceError(
        .denied,
        "\(what) \(path) can be read or changed by other users; run: chmod 600 '\(path)'"
      )
    }
  }

  private static func tooLarge(_ path: String, what: String, largest: Int) -> KeySourceError {
    KeySourceError(.denied, "\(what) \(path) is larger than \(largest) bytes; check the path")
  }

  private static func cannotOpen(_ path: String, what: String, reason code: Int32) -> KeySourceError
  {
    switch code {
    case ENOENT: KeySourceError(.denied, "\(what) \(path) does not exist; check the path")
    case ELOOP:
      KeySourceError(
        .denied,
        "\(what) \(path) is a symbolic link; name the file it points to instead"
      )
    default: KeySourceError(.denied, "cannot open \(what) \(path): \(reason(code))")
    }
  }

  /// The system's words for an error number.
  static func reason(_ code: Int32) -> String {
    unsafe String(cString: strerror(code)).lowercased()
  }
}
