import Foundation

/// A key of an identity provider, which signs JSON web tokens (RS256).
package struct SigningKey {
  /// In PEM form.
  package let publicKey: String
  private let file: String

  /// Makes one in a folder.
  package init(in folder: String) throws {
    file = "\(folder)/\(UUID().uuidString).key"
    try Tool.run(
      "openssl",
      ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", file]
    )
    try Tool.run("openssl", ["pkey", "-in", file, "-pubout", "-out", file + ".pub"])
    publicKey = try String(contentsOfFile: file + ".pub", encoding: .utf8)
  }

  /// A token with these claims (RFC 7515 section 3.1).
  package func token(_ claims: [String: Any]) throws -> String {
    let header = try Self.encoded(JSONSerialization.data(withJSONObject: ["alg": "RS256"]))
    let payload = try Self.encoded(JSONSerialization.data(withJSONObject: claims))
    let text = "\(file).\(UUID().uuidString)"
    try "\(header).\(payload)".write(toFile: text, atomically: true, encoding: .utf8)
    try Tool.run("openssl", ["dgst", "-sha256", "-sign", file, "-out", text + ".sig", text])
    let signature = try Data(contentsOf: URL(fileURLWithPath: text + ".sig"))
    return "\(header).\(payload).\(Self.encoded(signature))"
  }

  private static func encoded(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }
}
