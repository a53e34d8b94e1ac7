import JSON
import Secrets
import Transport

/// One call of Vault's API.
struct VaultRequest: Sendable {
  var method = HTTPRequest.Method.get
  /// The path below `/v1/`, without a slash at either end, with its query.
  var path: String
  /// The JSON object that it sends; empty for none.
  var body: [UInt8] = []
  /// The token it is made with; nil for none.
  var token: VaultCredential?
  /// Whether it may be sent again when it may have been acted on.
  var isRepeatable = true

  static func get(_ path: String, token: VaultCredential?) -> VaultRequest {
    VaultRequest(path: path, token: token)
  }

  static func post(
    _ path: String,
    body: [UInt8] = Array("{}".utf8),
    token: VaultCredential? = nil
  ) -> VaultRequest {
    VaultRequest(method: .post, path: path, body: body, token: token)
  }

  /// A JSON object of plain members and one that is secret.
  ///
  /// Its room is reserved at once, so that growing leaves no copy of the secret behind.
  static func object(
    _ plain: [(name: String, value: String)] = [],
    _ name: String,
    _ secret: borrowing Secret
  ) -> [UInt8] {
    let head = plain.map { "\(jsonQuoted($0.name)):\(jsonQuoted($0.value))," }.joined()
    let start = "{\(head)\(jsonQuoted(name)):\""
    var object: [UInt8] = []
    object.reserveCapacity(start.utf8.count + 6 * secret.count + 2)
    object += start.utf8
    secret.withBytes { bytes in
      for index in bytes.indices { append(bytes[index], to: &object) }
    }
    object += "\"}".utf8
    return object
  }

  private static func append(_ byte: UInt8, to object: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      object.append(UInt8(ascii: "\\"))
      object.append(byte)
    case 0..<0x20:
      object += "\\u00\(byte < 16 ? "0" : "")".utf8
      object += String(byte, radix: 16).utf8
    default: object.append(byte)
    }
  }

  /// A path as it stands in a URL: what is not plain is percent-encoded, and slashes are single.
  static func encoded(_ path: String) -> String {
    path.split(separator: "/").map { segment in
      segment.utf8.map { byte in
        isPlain(byte)
          ? String(UnicodeScalar(byte))
          : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }.joined()
    }.joined(separator: "/")
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~@:+=,".utf8.contains(byte)
    }
  }
}
