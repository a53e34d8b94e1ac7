import Secrets

/// JSON (RFC 8259) read in place.
///
/// It answers with the places of values in the text, so that a secret inside a document goes from
/// the text straight into a `Secret`, and so that a document can be edited without touching the
/// parts that nobody here understands. A general decoder would leave copies of every string.
struct JSONText {
  /// The text is not what it should be, from this byte on.
  struct Malformed: Error, Hashable {
    let offset: Int
    let why: String

    init(offset: Int, _ why: String = "it is not valid JSON") {
      self.offset = offset
      self.why = "\(why) (byte \(offset))"
    }
  }

  /// A member of an object.
  struct Member {
    let name: String
    let value: Range<Int>
  }

  private static let deepest = 32

  private var position: Int

  /// The one value that a whole text holds.
  static func root(of text: Span<UInt8>) throws(Malformed) -> Range<Int> {
    var reader = JSONText(position: 0)
    let value = try reader.skipValue(in: text)
    reader.skipBlanks(in: text)
    guard reader.position == text.count else { throw Malformed(offset: reader.position) }
    return value
  }

  /// The members of the object at a place.
  static func members(
    of object: Range<Int>,
    in text: Span<UInt8>
  ) throws(Malformed) -> [Member] {
    var members: [Member] = []
    var reader = JSONText(position: object.lowerBound)
    try reader.list(from: "{", to: "}", in: text) { reader throws(Malformed) in
      let name = string(at: try reader.skipString(in: text), in: text)
      try reader.expect(":", in: text)
      members.append(Member(name: name, value: try reader.skipValue(in: text)))
    }
    return members
  }

  /// The elements of the array at a place.
  static func elements(
    of array: Range<Int>,
    in text: Span<UInt8>
  ) throws(Malformed) -> [Range<Int>] {
    var elements: [Range<Int>] = []
    var reader = JSONText(position: array.lowerBound)
    try reader.list(from: "[", to: "]", in: text) { reader throws(Malformed) in
      elements.append(try reader.skipValue(in: text))
    }
    return elements
  }

  /// Whether the value at a place is a string.
  static func isString(_ value: Range<Int>, in text: Span<UInt8>) -> Bool {
    text[value.lowerBound] == UInt8(ascii: "\"")
  }

  /// The string at a place, which is not secret.
  static func string(at value: Range<Int>, in text: Span<UInt8>) -> String {
    var bytes: [UInt8] = []
    unescape(value, in: text) { bytes.append($0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The string at a place, as a secret.
  static func secret(at value: Range<Int>, in text: Span<UInt8>) -> Secret {
    Secret(capacity: value.count) { output in
      unescape(value, in: text) { output.append($0) }
    }
  }

  /// The integer at a place; nil when it is something else.
  static func integer(at value: Range<Int>, in text: Span<UInt8>) -> Int? {
    Int(String(decoding: value.map { text[$0] }, as: UTF8.self))
  }

  /// A string, which is not secret, as JSON.
  static func quote(_ string: String) -> String {
    let isPlain = string.utf8.allSatisfy {
      $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain { return "\"\(string)\"" }
    var quoted = "\""
    for character in string.unicodeScalars {
      switch character {
      case "\"", "\\": quoted += "\\\(character)"
      case "\u{0}"..."\u{1F}":
        quoted += "\\u00" + (character.value < 16 ? "0" : "")
        quoted += String(character.value, radix: 16)
      default: quoted.unicodeScalars.append(character)
      }
    }
    return quoted + "\""
  }
}

// MARK: - Moving over the text

extension JSONText {
  private mutating func skipBlanks(in text: Span<UInt8>) {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
  }

  private func peek(in text: Span<UInt8>) -> UInt8? {
    position < text.count ? text[position] : nil
  }

  private mutating func expect(_ sign: Unicode.Scalar, in text: Span<UInt8>) throws(Malformed) {
    skipBlanks(in: text)
    guard peek(in: text) == UInt8(ascii: sign) else { throw Malformed(offset: position) }
    position += 1
  }

  /// Goes through `{…}` or `[…]`, stopping before each item.
  private mutating func list(
    from open: Unicode.Scalar,
    to close: Unicode.Scalar,
    in text: Span<UInt8>,
    item: (inout JSONText) throws(Malformed) -> Void
  ) throws(Malformed) {
    try expect(open, in: text)
    skipBlanks(in: text)
    if peek(in: text) == UInt8(ascii: close) {
      position += 1
      return
    }
    while true {
      skipBlanks(in: text)
      try item(&self)
      skipBlanks(in: text)
      guard peek(in: text) == UInt8(ascii: ",") else { return try expect(close, in: text) }
      position += 1
    }
  }

  private mutating func skipValue(
    in text: Span<UInt8>,
    depth: Int = 0
  ) throws(Malformed) -> Range<Int> {
    skipBlanks(in: text)
    let start = position
    guard depth < Self.deepest else { throw Malformed(offset: start) }
    switch peek(in: text) {
    case UInt8(ascii: "{"):
      try list(from: "{", to: "}", in: text) { reader throws(Malformed) in
        _ = try reader.skipString(in: text)
        try reader.expect(":", in: text)
        _ = try reader.skipValue(in: text, depth: depth + 1)
      }
    case UInt8(ascii: "["):
      try list(from: "[", to: "]", in: text) { reader throws(Malformed) in
        _ = try reader.skipValue(in: text, depth: depth + 1)
      }
    case UInt8(ascii: "\""): _ = try skipString(in: text)
    default: try skipWord(in: text)
    }
    return start..<position
  }

  private mutating func skipString(in text: Span<UInt8>) throws(Malformed) -> Range<Int> {
    let start = position
    try expect("\"", in: text)
    while let byte = peek(in: text), byte >= 0x20 {
      position += 1
      if byte == UInt8(ascii: "\"") { return start..<position }
      if byte == UInt8(ascii: "\\") { position += 1 }
    }
    throw Malformed(offset: min(position, text.count))
  }

  /// A number, `true`, `false` or `null`.
  private mutating func skipWord(in text: Span<UInt8>) throws(Malformed) {
    let start = position
    while let byte = peek(in: text), "+-.0123456789Eaeflnrstu".utf8.contains(byte) { position += 1 }
    let word = String(decoding: (start..<position).map { text[$0] }, as: UTF8.self)
    guard ["true", "false", "null"].contains(word) || Double(word) != nil else {
      throw Malformed(offset: start)
    }
  }

  /// Gives the bytes that a string stands for; a broken escape gives the replacement character.
  private static func unescape(
    _ value: Range<Int>,
    in text: Span<UInt8>,
    emit: (UInt8) -> Void
  ) {
    var index = value.lowerBound + 1
    let end = value.upperBound - 1
    while index < end {
      guard text[index] == UInt8(ascii: "\\") else {
        emit(text[index])
        index += 1
        continue
      }
      let kind = text[index + 1]
      index += 2
      guard kind == UInt8(ascii: "u") else {
        emit(escapes[kind] ?? kind)
        continue
      }
      var unit = codeUnit(at: index, before: end, in: text)
      index += 4
      if 0xD800..<0xDC00 ~= unit, index + 6 <= end, text[index] == UInt8(ascii: "\\") {
        let low = codeUnit(at: index + 2, before: end, in: text)
        if 0xDC00..<0xE000 ~= low {
          unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
          index += 6
        }
      }
      for byte in String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8 { emit(byte) }
    }
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C,
  ]

  private static func codeUnit(at index: Int, before end: Int, in text: Span<UInt8>) -> UInt32 {
    guard index + 4 <= end else { return 0xFFFF_FFFF }
    return (index..<index + 4).reduce(0) { unit, place in
      let digit = Character(Unicode.Scalar(text[place])).hexDigitValue
      return unit << 4 | UInt32(digit ?? 0x10000)
    }
  }
}
