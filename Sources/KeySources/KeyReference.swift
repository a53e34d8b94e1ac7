/// Names where a key is kept, and never holds the key.
///
/// Written `env:NAME`, `file:PATH`, `keystore:ID`, `vault:MOUNT/PATH`, `aws-sm:ID` or
/// `exec:COMMAND`, or `none` for a server that asks for no key. All but `keystore:` and `none` may
/// end in `#FIELD`, where a JSON object holds the key.
package enum KeyReference: Hashable, Sendable {
  /// No key: requests go without a credential.
  case absent
  /// An environment variable.
  case environment(name: String, field: String? = nil)
  /// A file that holds the key alone or, with a field, a JSON object that has the key in it.
  case file(path: String, field: String? = nil)
  /// An entry of the encrypted keystore.
  case keystore(id: String)
  /// A secret of Vault or OpenBao: the mount of its engine, a slash, and its path there.
  case vault(path: String, field: String? = nil)
  /// A secret of AWS Secrets Manager, by name or ARN.
  case awsSecretsManager(id: String, field: String? = nil)
  /// A command of `/bin/sh` that prints the key.
  case command(String, field: String? = nil)

  /// Reads a reference as written on the command line or in a job file.
  ///
  /// - Throws: ``KeySourceError`` of kind `usage`. Text that may be a key itself is never repeated.
  package init(_ text: String) throws(KeySourceError) {
    if text == Self.nameOfAbsent {
      self = .absent
      return
    }
    guard let colon = text.firstIndex(of: ":") else { throw Self.notAReference }
    let rest = String(text[text.index(after: colon)...])
    let (place, field) = Self.split(rest)
    switch text[..<colon] {
    case "env": self = .environment(name: try Self.variableName(place), field: field)
    case "file":
      self = .file(path: try Self.filled(place, "file", "/run/secrets/key"), field: field)
    case "keystore": self = .keystore(id: try Self.keystoreID(rest))
    case "vault": self = .vault(path: try Self.vaultPath(place), field: field)
    case "aws-sm":
      self = .awsSecretsManager(id: try Self.filled(place, "aws-sm", "prod/llm"), field: field)
    case "exec":
      self = .command(try Self.filled(place, "exec", "pass show anthropic"), field: field)
    default: throw Self.notAReference
    }
  }

  private static let nameOfAbsent = "none"

  private static let notAReference = KeySourceError(
    .usage,
    "this is not a key reference (it is not shown here, in case it is a key itself); "
      + "name where the key is kept instead: env:NAME, file:PATH, keystore:ID, "
      + "vault:MOUNT/PATH#FIELD, aws-sm:ID#FIELD or exec:COMMAND; or none, for a local server. "
      + "'nightjar keys add ID' puts a key into the keystore"
  )

  private static let keyPrefixes = ["sk-", "hvs.", "AKIA", "ASIA", "AGE-SECRET-KEY-"]

  /// Whether the text has the shape of a key, which is long and starts like the known ones.
  private static func looksLikeKey(_ text: some StringProtocol) -> Bool {
    text.utf8.count >= 20 && keyPrefixes.contains { text.hasPrefix($0) }
  }

  private static func variableName(_ name: String) throws(KeySourceError) -> String {
    guard name.utf8.allSatisfy({ isWordByte($0) }), let first = name.utf8.first,
      !(48...57).contains(first)
    else {
      throw KeySourceError(
        .usage,
        "'env:' must be followed by the name of an environment variable, for instance "
          + "env:ANTHROPIC_API_KEY (letters, digits and '_')"
      )
    }
    return name
  }

  /// Parts a trailing `#FIELD` from the place before it.
  ///
  /// A `#` after a blank belongs to the place: in a shell it begins a comment.
  private static func split(_ text: String) -> (place: String, field: String?) {
    guard let mark = text.lastIndex(of: "#"), mark > text.startIndex else { return (text, nil) }
    let field = text[text.index(after: mark)...]
    let isName = field.utf8.allSatisfy { isWordByte($0) || $0 == 0x2D || $0 == 0x2E }
    guard isName, !field.isEmpty, text[text.index(before: mark)] != " " else { return (text, nil) }
    return (String(text[..<mark]), String(field))
  }

  private static func filled(
    _ place: String,
    _ scheme: String,
    _ example: String
  ) throws(KeySourceError) -> String {
    guard !looksLikeKey(place) else { throw notAReference }
    guard !place.allSatisfy({ $0 == " " }), !place.hasPrefix("#"), !place.hasSuffix("#") else {
      throw KeySourceError(
        .usage,
        "'\(scheme):' must be followed by where the key is, for instance \(scheme):\(example), "
          + "and where that is a JSON object by its field: \(scheme):\(example)#api_key"
      )
    }
    return place
  }

  private static func vaultPath(_ path: String) throws(KeySourceError) -> String {
    guard !looksLikeKey(path) else { throw notAReference }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = path.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x3F && $0 != 0x23 }
    guard parts.count >= 2, isPlain,
      parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
    else {
      throw KeySourceError(
        .usage,
        "'vault:' must be followed by MOUNT/PATH#FIELD without 'data/', for instance "
          + "vault:secret/llm/anthropic#api_key"
      )
    }
    guard !vaultOwnMounts.contains(parts[0].lowercased()) else { throw noSecretOfVault(parts[0]) }
    return path
  }

  /// Where Vault keeps its own: tokens, policies, identities.
  static let vaultOwnMounts: Set = ["auth", "sys", "identity", "cubbyhole"]

  /// What is read there would be sent to a provider, such as the token that opens everything else.
  static func noSecretOfVault(_ mount: some StringProtocol) -> KeySourceError {
    KeySourceError(
      .usage,
      "`\(mount)` is no key/value engine of Vault, and what is there is never a key; "
        + "name a secret of one, for instance vault:secret/llm/anthropic#api_key"
    )
  }

  /// Checks the id of a keystore entry: 1 to 128 letters, digits, `.`, `-` and `_`.
  ///
  /// - Throws: ``KeySourceError`` of kind `usage`.
  package static func keystoreID(_ id: String) throws(KeySourceError) -> String {
    let allowed = id.utf8.allSatisfy { isWordByte($0) || $0 == 0x2D || $0 == 0x2E }
    guard allowed, (1...128).contains(id.utf8.count), !looksLikeKey(id) else {
      throw KeySourceError(
        .usage,
        "a keystore id is a name of 1 to 128 letters, digits, '.', '-' and '_' that you choose, "
          + "for instance anthropic; never the key itself"
      )
    }
    return id
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == 0x5F
  }
}

extension KeyReference: CustomStringConvertible {
  /// The reference as it may be shown and stored.
  ///
  /// As it is written, but a command is cut to its program: its arguments are not for logs.
  package var description: String {
    switch self {
    case .absent: Self.nameOfAbsent
    case .environment(let name, let field): "env:\(name)" + Self.suffix(field)
    case .file(let path, let field): "file:\(path)" + Self.suffix(field)
    case .keystore(let id): "keystore:\(id)"
    case .vault(let path, let field): "vault:\(path)" + Self.suffix(field)
    case .awsSecretsManager(let id, let field): "aws-sm:\(id)" + Self.suffix(field)
    case .command(let command, let field):
      "exec:" + Self.shown(command) + Self.suffix(field)
    }
  }

  private static func suffix(_ field: String?) -> String { field.map { "#\($0)" } ?? "" }

  private static func shown(_ command: String) -> String {
    guard let program = ShellCommand(line: command).program else { return "…" }
    return program == command ? program : "\(program) …"
  }
}
