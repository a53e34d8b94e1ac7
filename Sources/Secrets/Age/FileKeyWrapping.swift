/// How a recipient wraps the 16-byte file key into a stanza, and how an identity gets it back.
enum FileKeyWrapping {
  static let fileKeySize = 16
  private static let wrappedSize = fileKeySize + ChaChaPoly.tagSize
  /// The wrapping key is new for every stanza, so its nonce may be constant.
  private static let nonce = [UInt8](repeating: 0, count: ChaChaPoly.nonceSize)

  fileprivate static func seal(_ fileKey: borrowing Secret, with key: borrowing Secret) -> [UInt8] {
    var cipher = ChaChaPoly(key: key)
    return fileKey.withBytes { fileKey in
      [UInt8](capacity: wrappedSize) { cipher.seal(fileKey, nonce: nonce, to: &$0) }
    }
  }

  fileprivate static func open(_ body: [UInt8], with key: borrowing Secret) -> Secret? {
    var cipher = ChaChaPoly(key: key)
    let fileKey = Secret(capacity: fileKeySize) { output in
      _ = cipher.open(body.span, nonce: nonce, to: &output)
    }
    guard fileKey.count == fileKeySize else { return nil }
    return fileKey
  }

  /// Checked before decryption: a body of another length could be made to open under two keys.
  fileprivate static func checkSize(_ stanza: AgeHeader.Stanza) throws(AgeError) {
    guard stanza.body.count == wrappedSize else {
      throw .header("a recipient has a file key of the wrong size")
    }
  }
}

/// Recipients of type X25519.
enum X25519Stanza {
  static let type = "X25519"
  private static let info = "age-encryption.org/v1/X25519"

  static func wrap(_ fileKey: borrowing Secret, for recipient: AgeRecipient) throws(AgeError)
    -> AgeHeader.Stanza
  {
    let ephemeral = Random.secret(X25519.size)
    let share = X25519.publicKey(of: ephemeral)
    guard let shared = X25519.sharedSecret(ephemeral, with: recipient.publicKey) else {
      throw .malformed("the age recipient is not a usable public key")
    }
    let key = KeyDerivation.hkdf(shared, salt: share + recipient.publicKey, info: info)
    let argument = String(decoding: Base64.encode(share, padded: false), as: UTF8.self)
    return AgeHeader.Stanza(
      type: type,
      arguments: [argument],
      body: FileKeyWrapping.seal(fileKey, with: key)
    )
  }

  /// The file key; nil when the stanza is for another recipient.
  static func unwrap(
    _ stanza: AgeHeader.Stanza,
    with privateKey: borrowing Secret
  ) throws(AgeError) -> Secret? {
    guard stanza.arguments.count == 1,
      let share = Base64.decode(stanza.arguments[0].utf8, padded: false), share.count == X25519.size
    else { throw .header("an X25519 recipient is damaged") }
    try FileKeyWrapping.checkSize(stanza)
    guard let shared = X25519.sharedSecret(privateKey, with: share) else {
      throw .header("an X25519 recipient has a key of low order")
    }
    let salt = share + X25519.publicKey(of: privateKey)
    let key = KeyDerivation.hkdf(shared, salt: salt, info: info)
    return FileKeyWrapping.open(stanza.body, with: key)
  }
}

/// Recipients of type scrypt: a passphrase.
enum ScryptStanza {
  static let type = "scrypt"
  private static let label = Array("age-encryption.org/v1/scrypt".utf8)
  private static let saltSize = 16

  static func wrap(
    _ fileKey: borrowing Secret,
    passphrase: borrowing Secret,
    workFactor: Int
  ) throws(AgeError) -> AgeHeader.Stanza {
    let salt = Random.bytes(saltSize)
    let key = try key(passphrase, salt, workFactor)
    let argument = String(decoding: Base64.encode(salt, padded: false), as: UTF8.self)
    return AgeHeader.Stanza(
      type: type,
      arguments: [argument, String(workFactor)],
      body: FileKeyWrapping.seal(fileKey, with: key)
    )
  }

  /// The file key; nil when the passphrase is another one.
  static func unwrap(
    _ stanza: AgeHeader.Stanza,
    passphrase: borrowing Secret,
    maxWorkFactor: Int
  ) throws(AgeError) -> Secret? {
    guard stanza.arguments.count == 2,
      let salt = Base64.decode(stanza.arguments[0].utf8, padded: false), salt.count == saltSize,
      let workFactor = workFactor(stanza.arguments[1])
    else { throw .header("the passphrase recipient is damaged") }
    try FileKeyWrapping.checkSize(stanza)
    guard workFactor <= maxWorkFactor else {
      throw .workFactor(workFactor, limit: maxWorkFactor)
    }
    return FileKeyWrapping.open(stanza.body, with: try key(passphrase, salt, workFactor))
  }

  /// A decimal number without sign or leading zeros.
  private static func workFactor(_ text: String) -> Int? {
    guard let number = Int(text), number > 0, String(number) == text else { return nil }
    return number
  }

  private static func key(
    _ passphrase: borrowing Secret,
    _ salt: [UInt8],
    _ workFactor: Int
  ) throws(AgeError) -> Secret {
    let key = KeyDerivation.scrypt(passphrase, salt: label + salt, workFactor: workFactor)
    guard let key else { throw .memory(factor: workFactor) }
    return key
  }
}
