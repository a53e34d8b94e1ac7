/// Why an age file, identity or recipient could not be used; never holds part of a secret.
package enum AgeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text armor around the file is damaged, in the given way.
  case armor(String)
  /// The header is not one of age v1, in the given way.
  case header(String)
  /// The header's code does not match: it was changed, or the file key is another one.
  case headerChanged
  /// The encrypted content is damaged or cut short, in the given way.
  case payload(String)
  /// None of the given identities is a recipient of the file.
  case noMatch
  /// The passphrase is not the one that the file was encrypted with.
  case wrongPassphrase
  /// The file wants scrypt work of 2^`factor`, more than 2^`limit`.
  case workFactor(Int, limit: Int)
  /// There is not enough memory for scrypt work of 2^`factor`.
  case memory(factor: Int)
  /// A feature of age that this program does not have.
  case unsupported(String)
  /// Text that should be an age identity or recipient is not, in the given way.
  case malformed(String)

  /// What happened and why, in plain words.
  package var description: String {
    switch self {
    case .armor(let why): "the armor of the age file is damaged: \(why)"
    case .header(let why): "not a usable age file: \(why)"
    case .headerChanged: "the header of the age file was changed after encryption"
    case .payload(let why): "the content of the age file is damaged: \(why)"
    case .noMatch: "the age file was encrypted for other recipients than this identity"
    case .wrongPassphrase: "the passphrase is not the right one"
    case .workFactor(let factor, let limit):
      "the passphrase work factor is \(factor), above the limit of \(limit)"
    case .memory(let factor):
      "there is not enough memory (\(1 << max(0, factor - 10)) MiB) to check the passphrase"
    case .unsupported(let what): "\(what) are not supported by this build"
    case .malformed(let why): why
    }
  }
}
