/// The text at the start of an age file: who can open it, and a code over it all.
struct AgeHeader {
  private static let version = Array("age-encryption.org/v1".utf8)
  private static let newline = UInt8(ascii: "\n")

  /// One recipient's wrapping of the file key.
  struct Stanza: Hashable {
    let type: String
    let arguments: [String]
    let body: [UInt8]
  }

  let stanzas: [Stanza]
  let code: [UInt8]
  /// The header up to and including `---`: what the code covers.
  let covered: [UInt8]
  /// How many bytes of the file the header takes.
  let size: Int

  /// A header for new stanzas.
  init(stanzas: [Stanza], fileKey: borrowing Secret) {
    var text = Self.version + [Self.newline]
    for stanza in stanzas { text += Self.encode(stanza) }
    covered = text + Array("---".utf8)
    code = Self.code(covering: covered, fileKey: fileKey)
    size = covered.count + 1 + 43 + 1
    self.stanzas = stanzas
  }

  /// The header as it stands in the file.
  var bytes: [UInt8] {
    covered + [UInt8(ascii: " ")] + Base64.encode(code, padded: false) + [Self.newline]
  }

  /// Whether the header is the one that was written with this file key.
  func isAuthentic(fileKey: borrowing Secret) -> Bool {
    HMAC.equal(code, Self.code(covering: covered, fileKey: fileKey))
  }

  private static func code(covering text: [UInt8], fileKey: borrowing Secret) -> [UInt8] {
    let key = KeyDerivation.hkdf(fileKey, salt: [], info: "header")
    return key.withBytes { HMAC.sha256(text.span, key: $0) }
  }

  private static func encode(_ stanza: Stanza) -> [UInt8] {
    let first = (["->", stanza.type] + stanza.arguments).joined(separator: " ")
    let body = Base64.encode(stanza.body, padded: false)
    var text = Array(first.utf8) + [newline]
    // A body that fills its last line is followed by an empty one, hence the <=.
    for start in stride(from: 0, through: body.count, by: 64) {
      text += body[start..<min(start + 64, body.count)] + [newline]
    }
    return text
  }
}

// MARK: - Reading

extension AgeHeader {
  /// Reads the header of a binary age file.
  init(parsing file: [UInt8]) throws(AgeError) {
    var lines = Lines(file: file)
    guard let first = lines.next() else { throw .header("it is not in the age format") }
    guard first.elementsEqual(Self.version) else {
      throw .header(
        first.starts(with: "age-encryption.org/".utf8)
          ? "it is in a version of the age format other than v1" : "it is not in the age format"
      )
    }
    var stanzas: [Stanza] = []
    while true {
      let start = lines.position
      guard let line = lines.next() else { throw .header("the header ends too early") }
      if line.starts(with: "---".utf8) {
        guard !stanzas.isEmpty else { throw .header("it has no recipients") }
        self.code = try Self.code(in: line)
        self.covered = Array(file[..<(start + 3)])
        break
      }
      stanzas.append(try Self.stanza(line, &lines))
    }
    self.stanzas = stanzas
    self.size = lines.position
  }

  private static func code(in line: ArraySlice<UInt8>) throws(AgeError) -> [UInt8] {
    guard line.starts(with: "--- ".utf8),
      let code = Base64.decode(line.dropFirst(4), padded: false), code.count == HMAC.size
    else { throw .header("its last line is damaged") }
    return code
  }

  private static func stanza(
    _ line: ArraySlice<UInt8>,
    _ lines: inout Lines
  ) throws(AgeError) -> Stanza {
    let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count >= 2, words[0].elementsEqual("->".utf8),
      words.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (0x21...0x7E).contains($0) } })
    else { throw .header("a recipient line is damaged") }
    var text: [UInt8] = []
    while true {
      guard let next = lines.next(), next.count <= 64 else {
        throw .header("the lines of a recipient are not 64 columns wide")
      }
      text += next
      if next.count < 64 { break }
    }
    guard let body = Base64.decode(text, padded: false) else {
      throw .header("the base64 of a recipient is not valid")
    }
    let arguments = words.dropFirst(2).map { String(decoding: $0, as: UTF8.self) }
    return Stanza(
      type: String(decoding: words[1], as: UTF8.self),
      arguments: arguments,
      body: body
    )
  }

  /// The lines of a file, each of which must end in a line feed.
  private struct Lines {
    let file: [UInt8]
    var position = 0

    mutating func next() -> ArraySlice<UInt8>? {
      guard let end = file[position...].firstIndex(of: AgeHeader.newline) else { return nil }
      defer { position = end + 1 }
      return file[position..<end]
    }
  }
}
