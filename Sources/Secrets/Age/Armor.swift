/// The text form of an age file: strict PEM (RFC 7468, figure 3) with 64 columns.
enum Armor {
  private static let begin = Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8)
  private static let end = Array("-----END AGE ENCRYPTED FILE-----".utf8)
  private static let columns = 64
  private static let whitespace: Set<UInt8> = [0x09, 0x0A, 0x0D, 0x20]

  /// Whether a file is meant to be armored: it does not begin like a binary one, and a line near
  /// its start begins like the first line of PEM, white space aside.
  ///
  /// What is wrong with it then is for ``decode(_:)`` to say.
  static func isArmored(_ file: [UInt8]) -> Bool {
    guard !file.starts(with: "age-encryption.org/".utf8) else { return false }
    return file.prefix(1024).split(separator: 0x0A).contains { line in
      line.lazy.filter { !whitespace.contains($0) }.starts(with: "-----BEGIN".utf8)
    }
  }

  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    let text = Base64.encode(bytes, padded: true)
    var lines = begin + [0x0A]
    for start in stride(from: 0, to: text.count, by: columns) {
      lines += text[start..<min(start + columns, text.count)] + [0x0A]
    }
    return lines + end + [0x0A]
  }

  static func decode(_ file: [UInt8]) throws(AgeError) -> [UInt8] {
    let text = trim(file)
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
    for index in lines.indices where lines[index].last == 0x0D { lines[index].removeLast() }
    guard let first = lines.popFirst(), first.elementsEqual(begin) else {
      throw .armor("it does not start with the line '-----BEGIN AGE ENCRYPTED FILE-----'")
    }
    guard let last = lines.popLast(), last.elementsEqual(end) else {
      throw .armor("it does not end with the line '-----END AGE ENCRYPTED FILE-----'")
    }
    // Well-formed armor around nothing: what is in it is no age file, which its header tells.
    guard !lines.isEmpty else { return [] }
    guard let short = lines.last, (1...columns).contains(short.count),
      lines.dropLast().allSatisfy({ $0.count == columns })
    else { throw .armor("its lines are not 64 columns wide") }
    guard let bytes = Base64.decode(Array(lines.joined()), padded: true) else {
      throw .armor("its base64 is not valid")
    }
    return bytes
  }

  private static func trim(_ file: [UInt8]) -> ArraySlice<UInt8> {
    var text = file.drop { whitespace.contains($0) }
    while let last = text.last, whitespace.contains(last) { text.removeLast() }
    return text
  }
}
