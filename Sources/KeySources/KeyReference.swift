/// Names where a key is kept, and never holds the key.
///
/// Written `env:NAME`, `file:PATH[#FIELD]` or `keystore:ID`.
package enum KeyReference: Hashable, Sendable, CustomStringConvertible {
  /// An environment variable.
  case environment(name: String)
  /// A file that holds the key alone or, with a field, a JSON object that has the key in it.
  case file(path: String, field: String?)
  /// An entry of the encrypted keystore.
  case keystore(id: String)

  /// Reads a reference as written on the command line or in a job file.
  ///
  /// - Throws: ``KeySourceError`` of kind `usage`. Text that may be a key itself is never repeated.
  package init(_ text: String) throws(KeySourceError) {
    guard let colon = text.firstIndex(of: ":") else {
      throw Self.notAReference
    }
    let rest = String(text[text.index(after: colon)...])
    switch text[..<colon] {
    case "env": self = .environment(name: try Self.variableName(rest))
    case "file": self = try Self.file(rest)
    case "keystore": self = .keystore(id: try Self.keystoreID(rest))
    case "vault", "aws-sm", "exec":
      throw KeySourceError(
        .usage,
        "'\(text[..<colon]):' key references are not available in this version yet; "
          + "use env:NAME, file:PATH or keystore:ID"
      )
    default: throw Self.notAReference
    }
  }

  /// The reference as it is written.
  package var description: String {
    switch self {
    case .environment(let name): "env:\(name)"
    case .file(let path, nil): "file:\(path)"
    case .file(let path, .some(let field)): "file:\(path)#\(field)"
    case .keystore(let id): "keystore:\(id)"
    }
  }

  private static let notAReference = KeySourceError(
    .usage,
    "this is not a key reference (it is not shown here, in case it is a key itself); "
      + "name where the key is kept instead: env:NAME, file:PATH or keystore:ID. "
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

  private static func file(_ rest: String) throws(KeySourceError) -> KeyReference {
    let parts = rest.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let path = String(parts[0])
    let field = parts.count == 2 ? String(parts[1]) : nil
    guard !looksLikeKey(path) else { throw notAReference }
    guard !path.isEmpty, field != "" else {
      throw KeySourceError(
        .usage,
        "'file:' must be followed by a path, for instance file:/run/secrets/key, "
          + "or by a path and a JSON field: file:/run/secrets/keys.json#anthropic"
      )
    }
    return .file(path: path, field: field)
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
          + "for instance anthropic-main; never the key itself"
      )
    }
    return id
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == 0x5F
  }
}
