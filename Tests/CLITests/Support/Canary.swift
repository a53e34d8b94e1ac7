import Foundation
import Testing

/// A made-up key that must be found nowhere.
enum Canary {
  /// Its signs change in base64, in URLs and in JSON.
  static let key = "sk-canary/Zq7+kP3w=Yx9mN5v8Rb2"

  /// The key as it is, in hexadecimal, percent-encoded, and in base64 at each of the three places
  /// that a byte can have there.
  static let forms = forms(of: key)

  /// The same for any key.
  static func forms(of key: String) -> [String] {
    let bytes = Array(key.utf8)
    let hex = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    let url = key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? key
    let base64 = (0..<3).flatMap { shift -> [String] in
      let text = Data([UInt8](repeating: 0, count: shift) + bytes).base64EncodedString()
      // The first and the last signs hold bits of their neighbours too.
      let inner = String(text.dropFirst(shift == 0 ? 0 : 4).dropLast(4))
      return [inner, inner.replacing("+", with: "-").replacing("/", with: "_")]
    }
    return [key, hex, hex.uppercased(), url, url.lowercased()] + base64
  }

  /// Records an issue for each form of the key in these bytes.
  static func expectAbsent(
    from bytes: Data,
    _ place: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for form in forms where bytes.range(of: Data(form.utf8)) != nil {
      Issue.record("the key is in \(place)", sourceLocation: sourceLocation)
    }
  }

  /// Looks through every file of a folder but the one that holds the key by design.
  static func expectAbsent(
    from folder: Scratch,
    besides keyFile: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for file in folder.files where file != keyFile {
      let bytes = FileManager.default.contents(atPath: folder.path(of: file)) ?? Data()
      expectAbsent(from: bytes, file, sourceLocation: sourceLocation)
    }
  }
}
