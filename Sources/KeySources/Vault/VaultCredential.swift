import Glibc
import Secrets

/// A token, a secret_id or an assertion; shared by reference, so that it lies in memory once.
final class VaultCredential: Sendable {
  let secret: Secret
  /// Changes if and only if the value does.
  let version: String

  /// Takes a value, without any line break at its end.
  init(_ secret: consuming Secret) {
    secret.truncate(to: secret.withBytes { $0.lengthWithoutLineBreak })
    version = Fingerprint(of: secret).version
    self.secret = secret
  }

  private static let largest = 64 << 10

  /// Who writes a file through which a token is handed over.
  enum Giver {
    /// A Vault agent, perhaps another user, whose sink a group may read (0640).
    case agent
    /// What a program runs on, such as Kubernetes, whose tokens all in a pod may read (0644).
    case platform

    var forbidden: mode_t { self == .agent ? 0o037 : 0o022 }
  }

  /// Reads a file that only this user may read.
  static func privateFile(_ path: String, what: String) throws(KeySourceError) -> VaultCredential {
    try check(path, what)
    return try filled(
      try SecretFile.read(
        path,
        what: what,
        largest: largest,
        followingLinks: true,
        readers: .asMounted
      ),
      path,
      what
    )
  }

  /// Where a secret for Vault is not looked for: what is there would be sent.
  private static func check(
    _ path: String,
    _ what: String,
    isHandedOver: Bool = false
  ) throws(KeySourceError) {
    guard !StoreCredentials.isOfSystem(path) else {
      throw KeySourceError(
        .denied,
        "\(what) \(path) is made up by the system and tells of processes; name the file that holds "
          + "the secret"
      )
    }
    try LockedFolder.check(placesOf: path, isHandedOver: isHandedOver)
  }

  /// Reads a file through which another service hands a token over.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied`.
  static func handedOver(
    _ path: String,
    what: String,
    by giver: Giver
  ) throws(KeySourceError) -> VaultCredential {
    try check(path, what, isHandedOver: giver == .agent)
    let forbidden = giver.forbidden
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw KeySourceError(
        errno == ENOENT ? .missing : .denied,
        "cannot open \(what) \(path): \(SecretFile.reason(errno)); check the path, and that what "
          + "should write it has run"
      )
    }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw KeySourceError(.denied, "\(what) \(path) is not a regular file; check the path")
    }
    guard status.st_mode & forbidden == 0 else {
      throw KeySourceError(
        .denied,
        "\(what) \(path) can be \(forbidden & 0o004 == 0 ? "" : "read or ")changed by other users; "
          + "run: chmod \(forbidden & 0o004 == 0 ? "go-w" : "g-w,o=") '\(path)'"
      )
    }
    let isForeign = ![geteuid(), 0].contains(status.st_uid)
    guard giver == .agent || !isForeign else {
      throw KeySourceError(
        .denied,
        "\(what) \(path) belongs to user \(status.st_uid), who could exchange it; it must belong to "
          + "you or to root: chown it"
      )
    }
    let text = try SecretFile.read(file, path: path, what: what, largest: largest)
    return try filled(text, path, what)
  }

  private static func filled(
    _ text: consuming Secret,
    _ path: String,
    _ what: String
  ) throws(KeySourceError) -> VaultCredential {
    let credential = VaultCredential(text)
    guard credential.secret.count > 0 else {
      throw KeySourceError(
        .denied,
        "\(what) \(path) is empty; run what should fill it, which has not run yet"
      )
    }
    return credential
  }

  /// The first of these environment variables that is set; nil where none is, or it is empty.
  static func environment(_ names: [String]) -> VaultCredential? {
    for name in names {
      guard let value = unsafe getenv(name) else { continue }
      let bytes = unsafe UnsafeRawBufferPointer(start: value, count: strlen(value))
      return unsafe bytes.isEmpty ? nil : VaultCredential(unsafe Secret(copying: bytes))
    }
    return nil
  }
}
