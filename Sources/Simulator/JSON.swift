/// JSON text, written as a string literal in which every interpolated value becomes its own JSON.
///
/// `"{\"name\":\(name)}"` quotes and escapes `name`, so the wire formats read as they travel.
struct JSON: ExpressibleByStringInterpolation, Sendable {
  let text: String

  init(stringLiteral value: String) {
    text = value
  }

  init(stringInterpolation: StringInterpolation) {
    text = stringInterpolation.text
  }

  init(_ elements: some Sequence<JSON>) {
    text = "[" + elements.map(\.text).joined(separator: ",") + "]"
  }

  init(_ members: [String: JSON]) {
    let sorted = members.sorted { $0.key < $1.key }
    text =
      "{" + sorted.map { "\(Self.quoted($0.key)):\($0.value.text)" }.joined(separator: ",") + "}"
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + interpolationCount * 16)
    }

    mutating func appendLiteral(_ literal: String) {
      text += literal
    }

    mutating func appendInterpolation(_ value: String) {
      text += JSON.quoted(value)
    }

    mutating func appendInterpolation(_ value: String?) {
      text += value.map(JSON.quoted) ?? "null"
    }

    mutating func appendInterpolation(_ value: Int) {
      text += String(value)
    }

    mutating func appendInterpolation(_ value: Float) {
      text += value.description
    }

    mutating func appendInterpolation(_ value: JSON) {
      text += value.text
    }
  }

  /// Quotes a string as RFC 8259 section 7 asks: quotation mark, backslash and controls escaped.
  private static func quoted(_ string: String) -> String {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    bytes.reserveCapacity(string.utf8.count + 2)
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"):
        bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
      default:
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
  }
}
