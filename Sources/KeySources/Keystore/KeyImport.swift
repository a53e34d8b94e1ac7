import JSON
package import Secrets

/// Reads many keys at once: a JSON object `{"id":"value",…}`, or lines `NAME=value`.
///
/// Values go from the text straight into secrets, and no message repeats any of the text.
package enum KeyImport {
  /// The most bytes of a text.
  private static let largest = 1 << 20

  /// Reads the keys in a file that only this user may read.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` that says which line or name is wrong.
  package static func read(_ path: String) throws(KeySourceError) -> [Key] {
    let what = "the file of keys"
    return try parse(
      try SecretFile.read(path, what: what, largest: largest, followingLinks: true)
    )
  }

  /// Reads the keys that come from an open file descriptor.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` that says which line or name is wrong.
  package static func read(from descriptor: Int32) throws(KeySourceError) -> [Key] {
    let path = "from file descriptor \(descriptor)"
    let text = try SecretFile.read(descriptor, path: path, what: "the keys", largest: largest)
    return try parse(text)
  }

  /// The keys in a text, in its order.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` when any of it cannot be used.
  package static func parse(_ text: borrowing Secret) throws(KeySourceError) -> [Key] {
    try text.withBytes { text throws(KeySourceError) in
      let first = text.indices.first { ![0x20, 0x09, 0x0A, 0x0D].contains(text[$0]) }
      let isObject = first.map { text[$0] == UInt8(ascii: "{") } ?? false
      let keys = isObject ? try members(of: text) : try lines(of: text)
      guard !keys.isEmpty else { throw failure("it holds no keys") }
      var ids: Set<KeyReference> = []
      for key in keys where !ids.insert(key.reference).inserted {
        throw failure("it has two values for \(key.reference)")
      }
      return keys
    }
  }

  private static func failure(_ why: String) -> KeySourceError {
    KeySourceError(
      .denied,
      "nothing was imported: \(why). Give a JSON object {\"id\":\"value\"}, or lines NAME=value"
    )
  }

  private static func key(
    _ name: String,
    _ value: consuming Secret,
    at place: String
  ) throws(KeySourceError) -> Key {
    let stillEncrypted = Array("ENC[AES256_GCM,".utf8)
    let isEncrypted = value.withBytes { value in
      value.count > stillEncrypted.count
        && stillEncrypted.indices.allSatisfy { value[$0] == stillEncrypted[$0] }
    }
    guard !isEncrypted else {
      throw failure("\(place) is still encrypted by sops; pipe in what 'sops -d' prints")
    }
    do throws(KeySourceError) {
      return try Key(.keystore(id: try KeyReference.keystoreID(name)), value: value)
    } catch {
      throw KeySourceError(.denied, "nothing was imported: \(place): \(error.description)")
    }
  }

  // MARK: - The two forms

  private static func members(of text: Span<UInt8>) throws(KeySourceError) -> [Key] {
    let members: [(name: String, value: JSONToken)]
    do throws(JSONError) {
      members = try JSONScanner.wholeValue(in: text).members(in: text)
    } catch {
      throw failure(error.why)
    }
    var keys: [Key] = []
    for (number, member) in members.enumerated() {
      let place = "member \(number + 1) of the object"
      guard member.value.kind == .string else {
        throw failure("\(place) is not a string")
      }
      keys.append(
        try key(member.name, member.value.secret(in: text), at: place)
      )
    }
    return keys
  }

  private static func lines(of text: Span<UInt8>) throws(KeySourceError) -> [Key] {
    var keys: [Key] = []
    var number = 0
    var start = 0
    while start < text.count {
      let end = (start..<text.count).first { text[$0] == 0x0A } ?? text.count
      number += 1
      var line = text.extracting(start..<end)
      line = line.extracting(line.withoutBlanks)
      if !line.isEmpty, line[0] != UInt8(ascii: "#") {
        keys.append(try assignment(line, "line \(number)"))
      }
      start = end + 1
    }
    return keys
  }

  /// `NAME=value`, `export NAME="value"`, with a comment or without.
  private static func assignment(
    _ line: Span<UInt8>,
    _ place: String
  ) throws(KeySourceError) -> Key {
    guard let sign = line.indices.first(where: { line[$0] == UInt8(ascii: "=") }) else {
      throw failure("\(place) has no '='")
    }
    let head = line.extracting(..<sign)
    var name = String(decoding: head.indices.map { head[$0] }, as: UTF8.self)
    if name.hasPrefix("export ") { name.removeFirst(7) }
    name = String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    var value = line.extracting((sign + 1)...)
    value = value.extracting(value.withoutBlanks)
    if let quote = value.isEmpty ? nil : value[0], [0x22, 0x27].contains(quote) {
      guard let end = value.indices.dropFirst().first(where: { value[$0] == quote }) else {
        throw failure("\(place) has a quote that does not end")
      }
      value = value.extracting(1..<end)
    } else if let blank = value.indices.first(where: { [0x20, 0x09].contains(value[$0]) }),
      let next = value.extracting(blank...).withoutBlanks.first,
      value[blank + next] == UInt8(ascii: "#")
    {
      value = value.extracting(..<blank)
    }
    return try key(name, Secret(copying: value), at: place)
  }
}

extension Span<UInt8> {
  /// The places from the first byte that is not white space to the last.
  fileprivate var withoutBlanks: Range<Int> {
    let blanks: Set<UInt8> = [0x09, 0x0D, 0x20]
    let first = indices.first { !blanks.contains(self[$0]) } ?? count
    let last = indices.last { !blanks.contains(self[$0]) } ?? first - 1
    return first..<(last + 1)
  }
}
