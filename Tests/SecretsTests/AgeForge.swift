import Foundation
import Secrets

/// Age files put together by hand, right in everything but what a test bends.
struct AgeForge {
  static let passphrase = "spell"
  static let identity =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"
  private static let ephemeral = [UInt8](101...132)
  private static let chunk = 65_536

  var fileKey = [UInt8](0x41...0x50)
  var version = "age-encryption.org/v1\n"
  /// Lines of the stanzas, each with its line feed.
  var stanzas: [String] = []
  /// What stands between `---` and the line feed, the right code being given.
  var lastLine: (String) -> String = { " " + $0 }
  /// The chunks of the content, and whether each is sealed as the last.
  var chunks: [(size: Int, isLast: Bool)] = [(11, true)]
  var garbage: [UInt8] = []
  var cutting = 0

  /// The private key of ``identity``: Bech32 digits after the last `1`, without the checksum.
  private static let privateKey: [UInt8] = {
    let alphabet = Array("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")
    let digits = identity.split(separator: "1")[1].dropLast(6)
      .compactMap { alphabet.firstIndex(of: $0) }
    let bits = digits.flatMap { digit in (0..<5).reversed().map { digit >> $0 & 1 } }
    return stride(from: 0, to: 256, by: 8).map { start in
      UInt8(bits[start..<start + 8].reduce(0) { $0 * 2 + $1 })
    }
  }()

  static func base64(_ bytes: [UInt8], padded: Bool = false) -> String {
    let text = Data(bytes).base64EncodedString()
    return padded ? text : String(text.prefix { $0 != "=" })
  }

  /// The share, and the file key wrapped for ``identity``; a file key of any size.
  static func wrapped(_ fileKey: [UInt8]) -> (share: [UInt8], body: [UInt8]) {
    let ephemeral = secret(ephemeral)
    let share = X25519.publicKey(of: ephemeral)
    let recipient = X25519.publicKey(of: secret(privateKey))
    guard let shared = X25519.sharedSecret(ephemeral, with: recipient) else { return (share, []) }
    let info = "age-encryption.org/v1/X25519"
    let key = KeyDerivation.hkdf(shared, salt: share + recipient, info: info)
    return (share, seal(fileKey, key, [UInt8](repeating: 0, count: 12)))
  }

  static func scrypt(_ fileKey: [UInt8], salt: [UInt8], work: Int) -> [UInt8] {
    let label = Array("age-encryption.org/v1/scrypt".utf8)
    guard
      let key = KeyDerivation.scrypt(secret(passphrase), salt: label + salt, workFactor: work)
    else { return [] }
    return seal(fileKey, key, [UInt8](repeating: 0, count: 12))
  }

  /// The whole file.
  var bytes: [UInt8] {
    let covered = Array((version + stanzas.joined() + "---").utf8)
    let key = secret(fileKey)
    let code = KeyDerivation.hkdf(key, salt: [], info: "header").withBytes {
      HMAC.sha256(covered.span, key: $0)
    }
    let nonce = [UInt8](201...216)
    var file = covered + Array((lastLine(Self.base64(code)) + "\n").utf8) + nonce
    let payload = KeyDerivation.hkdf(key, salt: nonce, info: "payload")
    for (number, chunk) in chunks.enumerated() {
      var counter = [UInt8](repeating: 0, count: 12)
      counter[10] = UInt8(number)
      counter[11] = chunk.isLast ? 1 : 0
      file += Self.seal([UInt8](repeating: 0x2A, count: chunk.size), payload, counter)
    }
    return (file + garbage).dropLast(cutting)
  }

  private static func seal(
    _ plaintext: [UInt8],
    _ key: borrowing Secret,
    _ nonce: [UInt8]
  ) -> [UInt8] {
    var cipher = ChaChaPoly(key: key)
    return [UInt8](capacity: plaintext.count + 16) {
      cipher.seal(plaintext.span, nonce: nonce, to: &$0)
    }
  }
}
