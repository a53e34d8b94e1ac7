/// Reads JSON text (RFC 8259) in place: it validates and finds, and allocates nothing.
///
/// The text is passed to each call rather than kept, so that a scanner is a plain value. The text
/// must be UTF-8 without a byte order mark. Names may repeat, numbers may be of any size, and
/// surrogate escapes may stand alone; what reads the value decides about those.
package struct JSONScanner: Sendable {
  /// The deepest nesting that is accepted.
  package static let depthLimit = 512

  /// The offset of the next byte to read.
  package internal(set) var offset: Int

  package init(at offset: Int = 0) {
    self.offset = offset
  }

  /// Reads a text that is one value, white space around it allowed.
  package static func wholeValue(in text: Span<UInt8>) throws(JSONError) -> JSONToken {
    var scanner = JSONScanner()
    let token = try scanner.value(in: text)
    try scanner.end(of: text)
    return token
  }

  /// Requires that nothing but white space follows.
  package mutating func end(of text: Span<UInt8>) throws(JSONError) {
    guard peek(in: text) == nil else { throw error("there is more after the value") }
  }

  /// Reads the next value, whatever stands inside it included.
  package mutating func value(
    in text: Span<UInt8>,
    depth: Int = 0
  ) throws(JSONError) -> JSONToken {
    guard let byte = peek(in: text) else { throw error("the text ends where a value is due") }
    switch byte {
    case UInt8(ascii: "\""): return try string(in: text)
    case UInt8(ascii: "{"): return try object(in: text, depth: depth + 1)
    case UInt8(ascii: "["): return try array(in: text, depth: depth + 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(in: text)
    case UInt8(ascii: "t"): return try word("true", .true, in: text)
    case UInt8(ascii: "f"): return try word("false", .false, in: text)
    case UInt8(ascii: "n"): return try word("null", .null, in: text)
    default: throw error("a value cannot start like this")
    }
  }

  /// Reads a string, the next byte being its opening quote.
  package mutating func string(in text: Span<UInt8>) throws(JSONError) -> JSONToken {
    guard peek(in: text) == UInt8(ascii: "\"") else { throw error("a string is due") }
    let start = offset
    var hasEscapes = false
    offset += 1
    while true {
      skipPlainASCII(in: text)
      guard offset < text.count else { throw error("a string is not closed") }
      switch text[offset] {
      case UInt8(ascii: "\""):
        offset += 1
        return JSONToken(kind: .string, range: start..<offset, hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try escape(in: text)
      case 0..<0x20: throw error("a control character stands unescaped in a string")
      case 0x80...: try skipMultibyte(in: text)
      default: offset += 1
      }
    }
  }

  /// The next byte that is not white space, which it leaves unread.
  package mutating func peek(in text: Span<UInt8>) -> UInt8? {
    while offset < text.count {
      let byte = text[offset]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
        return byte
      }
      offset += 1
    }
    return nil
  }

  /// Reads one punctuation byte if it is next.
  package mutating func take(_ byte: UInt8, in text: Span<UInt8>) -> Bool {
    guard peek(in: text) == byte else { return false }
    offset += 1
    return true
  }

  func error(_ message: String) -> JSONError {
    JSONError(offset: offset, message: message)
  }
}

// Values made of other values.
extension JSONScanner {
  private mutating func object(
    in text: Span<UInt8>,
    depth: Int
  ) throws(JSONError) -> JSONToken {
    let start = offset
    try enter(depth)
    if !take(UInt8(ascii: "}"), in: text) {
      repeat {
        _ = try string(in: text)
        try colon(in: text)
        _ = try value(in: text, depth: depth)
      } while take(UInt8(ascii: ","), in: text)
      guard take(UInt8(ascii: "}"), in: text) else { throw error("a comma or } is due") }
    }
    return JSONToken(kind: .object, range: start..<offset, hasEscapes: false)
  }

  private mutating func array(
    in text: Span<UInt8>,
    depth: Int
  ) throws(JSONError) -> JSONToken {
    let start = offset
    try enter(depth)
    if !take(UInt8(ascii: "]"), in: text) {
      repeat {
        _ = try value(in: text, depth: depth)
      } while take(UInt8(ascii: ","), in: text)
      guard take(UInt8(ascii: "]"), in: text) else { throw error("a comma or ] is due") }
    }
    return JSONToken(kind: .array, range: start..<offset, hasEscapes: false)
  }

  mutating func colon(in text: Span<UInt8>) throws(JSONError) {
    guard take(UInt8(ascii: ":"), in: text) else { throw error("a colon is due") }
  }

  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth <= Self.depthLimit else {
      throw error("values are nested more than \(Self.depthLimit) deep")
    }
    offset += 1
  }
}

// Values made of bytes.
extension JSONScanner {
  private mutating func number(in text: Span<UInt8>) throws(JSONError) -> JSONToken {
    let start = offset
    if text[offset] == UInt8(ascii: "-") { offset += 1 }
    if offset < text.count, text[offset] == UInt8(ascii: "0") {
      offset += 1
    } else {
      try digits(in: text)
    }
    if offset < text.count, text[offset] == UInt8(ascii: ".") {
      offset += 1
      try digits(in: text)
    }
    if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if offset < text.count, text[offset] == UInt8(ascii: "+") || text[offset] == UInt8(ascii: "-")
      {
        offset += 1
      }
      try digits(in: text)
    }
    return JSONToken(kind: .number, range: start..<offset, hasEscapes: false)
  }

  private mutating func digits(in text: Span<UInt8>) throws(JSONError) {
    let start = offset
    while offset < text.count, text[offset] &- UInt8(ascii: "0") < 10 { offset += 1 }
    guard offset > start else { throw error("a digit is due") }
  }

  private mutating func word(
    _ word: String,
    _ kind: JSONToken.Kind,
    in text: Span<UInt8>
  ) throws(JSONError) -> JSONToken {
    let start = offset
    for scalar in word.utf8 {
      guard offset < text.count, text[offset] == scalar else {
        throw error("\(word) is misspelt")
      }
      offset += 1
    }
    return JSONToken(kind: kind, range: start..<offset, hasEscapes: false)
  }
}
