// JSON written straight into the bytes of a line or a body.
extension [UInt8] {
  /// Appends `text` as a JSON string, quotes included.
  ///
  /// Escapes what RFC 8259 section 7 demands and nothing else.
  package mutating func appendJSON(_ text: String) {
    appendJSON(utf8: text.utf8.span)
  }

  /// Appends UTF-8 as a JSON string, quotes included.
  package mutating func appendJSON(utf8 bytes: Span<UInt8>) {
    reserveCapacity(count + bytes.count + 2)
    append(UInt8(ascii: "\""))
    var place = 0
    while place < bytes.count {
      let end = plainTextEnd(in: bytes, from: place, stopping: .atEscape)
      append(bytes.extracting(place..<end))
      place = end
      guard place < bytes.count else { break }
      if needsEscape(bytes[place]) {
        appendEscape(bytes[place])
      } else {
        append(bytes[place])
      }
      place += 1
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends a whole number.
  package mutating func appendJSON(_ number: some BinaryInteger) {
    append(contentsOf: String(number).utf8)
  }

  /// Appends a number; `null` for what JSON has no number for.
  package mutating func appendJSON(_ number: Double) {
    append(contentsOf: number.isFinite ? "\(number)".utf8 : "null".utf8)
  }

  /// Appends what is JSON already, or a part of it such as `{"id":`.
  package mutating func appendRaw(_ fragment: String) {
    append(contentsOf: fragment.utf8)
  }

  /// Appends bytes in one copy.
  package mutating func append(_ bytes: Span<UInt8>) {
    // Sound since the pointer does not leave the closure.
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  mutating func appendEscape(_ byte: UInt8) {
    append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: append(UInt8(ascii: "b"))
    case 0x09: append(UInt8(ascii: "t"))
    case 0x0A: append(UInt8(ascii: "n"))
    case 0x0C: append(UInt8(ascii: "f"))
    case 0x0D: append(UInt8(ascii: "r"))
    case 0..<0x20:
      append(contentsOf: "u00".utf8)
      append(hexDigits[Int(byte >> 4)])
      append(hexDigits[Int(byte & 15)])
    default: append(byte)
    }
  }
}

/// How many bytes ``Swift/Array/appendJSON(utf8:)`` appends.
package func jsonCount(of bytes: Span<UInt8>) -> Int {
  var count = bytes.count + 2
  var place = 0
  while place < bytes.count {
    place = plainTextEnd(in: bytes, from: place, stopping: .atEscape)
    guard place < bytes.count else { break }
    switch bytes[place] {
    case 0x08, 0x09, 0x0A, 0x0C, 0x0D, UInt8(ascii: "\""), UInt8(ascii: "\\"): count += 1
    case 0..<0x20: count += 5
    default: break
    }
    place += 1
  }
  return count
}

/// A text as a JSON string, quotes included.
package func jsonQuoted(_ text: String) -> String {
  var bytes: [UInt8] = []
  bytes.appendJSON(text)
  return String(decoding: bytes, as: UTF8.self)
}

private let hexDigits = Array("0123456789abcdef".utf8)

private func needsEscape(_ byte: UInt8) -> Bool {
  byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}
