import Foundation
import Secrets
import Testing

/// Files that differ from a right one in one way, and what must come of each; the kinds are those
/// of C2SP's age test kit.
struct AgeForgeries {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expectation: String
    let file: [UInt8]

    init(_ name: String, _ expectation: String, _ bend: (inout AgeForge) -> Void) {
      var forge = AgeForge()
      forge.stanzas = [AgeForgeries.x25519()]
      bend(&forge)
      testDescription = name
      self.expectation = expectation
      file = forge.bytes
    }

    /// A case of the text form.
    init(armor name: String, _ expectation: String, _ bend: (String) -> String) {
      var forge = AgeForge()
      forge.stanzas = [AgeForgeries.x25519()]
      let text = AgeForge.base64(forge.bytes, padded: true)
      let lines = stride(from: 0, to: text.count, by: 64).map { start in
        String(text.dropFirst(start).prefix(64)) + "\n"
      }
      let armor = AgeForgeries.begin + lines.joined() + "-----END AGE ENCRYPTED FILE-----\n"
      testDescription = "armor " + name
      self.expectation = expectation
      file = Array(bend(armor).utf8)
    }
  }

  private static let begin = "-----BEGIN AGE ENCRYPTED FILE-----\n"
  private static let salt = [UInt8](1...16)
  private static let key = AgeForge().fileKey

  /// A stanza for our identity.
  static func x25519(
    type: String = "X25519",
    share: [UInt8]? = nil,
    body: [UInt8]? = nil,
    more: String = ""
  ) -> String {
    let wrapped = AgeForge.wrapped(key)
    let text = AgeForge.base64(share ?? wrapped.share)
    return "-> \(type) \(text)\(more)\n\(AgeForge.base64(body ?? wrapped.body))\n"
  }

  private static func scrypt(
    type: String = "scrypt",
    salt text: String? = nil,
    work: String = "10",
    body: [UInt8]? = nil,
    more: String = ""
  ) -> String {
    let body = body ?? AgeForge.scrypt(key, salt: salt, work: 10)
    return "-> \(type) \(text ?? AgeForge.base64(salt)) \(work)\(more)\n\(AgeForge.base64(body))\n"
  }

  /// The text with the unused bits of its last digit set.
  private static func notCanonical(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let last = text.last.flatMap { alphabet.firstIndex(of: $0) } ?? 0
    return text.dropLast() + String(alphabet[last + 1])
  }

  static let headers: [Case] = [
    Case("as it should be", "success") { _ in },
    Case("version 2", "header failure") { $0.version = "age-encryption.org/v2\n" },
    Case("version with CRLF", "header failure") { $0.version = "age-encryption.org/v1\r\n" },
    Case("no stanza", "header failure") { $0.stanzas = [] },
    Case("wrong code", "HMAC failure") {
      $0.lastLine = {
        " " + $0.replacing($0.prefix(1), with: $0.hasPrefix("A") ? "B" : "A", maxReplacements: 1)
      }
    },
    Case("code without blank", "header failure") { $0.lastLine = { $0 } },
    Case("code with two blanks", "header failure") { $0.lastLine = { "  " + $0 } },
    Case("code and blank", "header failure") { $0.lastLine = { " " + $0 + " " } },
    Case("code and garbage", "header failure") { $0.lastLine = { " " + $0 + "AA" } },
    Case("padded code", "header failure") { $0.lastLine = { " " + $0 + "=" } },
    Case("code not canonical", "header failure") { $0.lastLine = { " " + notCanonical($0) } },
    Case("code and CR", "header failure") { $0.lastLine = { " " + $0 + "\r" } },
    Case("no code", "header failure") { $0.lastLine = { _ in "" } },
    Case("unknown stanzas", "success") {
      $0.stanzas = ["-> grease\n\n", "-> !\u{22}#~ a b\nAAAA\n"] + $0.stanzas
    },
    Case("stanza of a full line", "success") {
      $0.stanzas += ["-> empty\n\(String(repeating: "A", count: 64))\n\n"]
    },
    Case("stanza of a full line alone", "header failure") {
      $0.stanzas = ["-> empty\n\(String(repeating: "A", count: 64))\n"] + $0.stanzas
    },
    Case("stanza of short lines", "header failure") { $0.stanzas += ["-> short\nAAAA\nAAAA\n"] },
    Case("stanza without body", "header failure") { $0.stanzas += ["-> short\n"] },
    Case("stanza with padding", "header failure") { $0.stanzas += ["-> pad\nAA==\n"] },
    Case("stanza not canonical", "header failure") { $0.stanzas += ["-> odd\nAB\n"] },
    Case("stanza with a bad argument", "header failure") { $0.stanzas += ["-> a \u{7F}\n\n"] },
    Case("stanza not in ASCII", "header failure") { $0.stanzas += ["-> a \u{e9}\n\n"] },
    Case("stanza with CR", "header failure") { $0.stanzas += ["-> a\r\n\n"] },
    Case("stanza with a wide start", "header failure") { $0.stanzas += ["->  a\n\n"] },
    Case("stanza with a long line", "header failure") {
      $0.stanzas += ["-> a\n\(String(repeating: "A", count: 68))\n"]
    },
  ]

  static let recipients: [Case] = [
    Case("X25519 in lower case", "no match") { $0.stanzas = [x25519(type: "x25519")] },
    Case("X25519 with another argument", "header failure") { $0.stanzas = [x25519(more: " a")] },
    Case("X25519 without argument", "header failure") { $0.stanzas = ["-> X25519\nAAAA\n"] },
    Case("X25519 with a long share", "header failure") {
      $0.stanzas = [x25519(share: AgeForge.wrapped(key).share + [0])]
    },
    Case("X25519 with a short share", "header failure") {
      $0.stanzas = [x25519(share: AgeForge.wrapped(key).share.dropLast())]
    },
    Case("X25519 with a share not canonical", "header failure") {
      let share = AgeForge.base64(AgeForge.wrapped(key).share)
      $0.stanzas = [$0.stanzas[0].replacing(share, with: notCanonical(share))]
    },
    Case("X25519 with a padded share", "header failure") {
      let share = AgeForge.base64(AgeForge.wrapped(key).share)
      $0.stanzas = [$0.stanzas[0].replacing(share, with: share + "=")]
    },
    Case("X25519 with the identity point", "header failure") {
      $0.stanzas = [x25519(share: [1] + [UInt8](repeating: 0, count: 31))]
    },
    Case("X25519 with the point zero", "header failure") {
      $0.stanzas = [x25519(share: [UInt8](repeating: 0, count: 32))]
    },
    Case("X25519 with a long file key", "header failure") {
      $0.fileKey = [UInt8](1...17)
      $0.stanzas = [x25519(body: AgeForge.wrapped([UInt8](1...17)).body)]
    },
    Case("X25519 for somebody else", "no match") {
      $0.stanzas = [x25519(body: [UInt8](repeating: 7, count: 32))]
    },
    Case("X25519 for somebody else, then for us", "success") {
      $0.stanzas = [x25519(body: [UInt8](repeating: 7, count: 32))] + $0.stanzas
    },
    Case("passphrase", "success") { $0.stanzas = [scrypt()] },
    Case("passphrase in upper case", "no match") { $0.stanzas = [scrypt(type: "SCRYPT")] },
    Case("passphrase twice", "header failure") { $0.stanzas = [scrypt(), scrypt()] },
    Case("passphrase and X25519", "header failure") { $0.stanzas += [scrypt()] },
    Case("passphrase and unknown", "header failure") { $0.stanzas = ["-> a\n\n", scrypt()] },
    Case("passphrase with another argument", "header failure") {
      $0.stanzas = [scrypt(more: " a")]
    },
    Case("passphrase with a bad tag", "no match") {
      $0.stanzas = [scrypt(body: [UInt8](repeating: 7, count: 32))]
    },
    Case("passphrase with a long file key", "header failure") {
      $0.stanzas = [scrypt(body: AgeForge.scrypt([UInt8](1...17), salt: salt, work: 10))]
    },
    Case("passphrase with a salt not canonical", "header failure") {
      $0.stanzas = [scrypt(salt: notCanonical(AgeForge.base64(salt)))]
    },
    Case("passphrase without salt", "header failure") {
      $0.stanzas = [
        "-> scrypt 10\n\(AgeForge.base64(AgeForge.scrypt(key, salt: salt, work: 10)))\n"
      ]
    },
  ]

  static let works =
    ["", "0", "-10", "+10", "010", "0x0a", "10 ", " 10", "10a", "1e1", "18446744073709551626"]
    .map { work in
      Case("work factor '\(work)'", "header failure") { $0.stanzas = [scrypt(work: work)] }
    }
    + [Case("work factor 21", "header failure") { $0.stanzas = [scrypt(work: "21")] }]

  static let contents: [Case] = [
    Case("no content at all", "header failure") { ($0.chunks, $0.cutting) = ([], 16) },
    Case("half a nonce", "header failure") { ($0.chunks, $0.cutting) = ([], 8) },
    Case("no chunk", "payload failure") { $0.chunks = [] },
    Case("an empty content", "success") { $0.chunks = [(0, true)] },
    Case("an empty chunk that is not the last", "payload failure") { $0.chunks = [(0, false)] },
    Case("a last chunk not marked", "payload failure") { $0.chunks = [(11, false)] },
    Case("a full chunk", "success") { $0.chunks = [(65_536, true)] },
    Case("a full chunk not marked", "payload failure") { $0.chunks = [(65_536, false)] },
    Case("a full chunk and an empty one", "payload failure") {
      $0.chunks = [(65_536, false), (0, true)]
    },
    Case("a full chunk marked and another", "payload failure") {
      $0.chunks = [(65_536, true), (11, true)]
    },
    Case("two full chunks marked", "payload failure") {
      $0.chunks = [(65_536, true), (65_536, true)]
    },
    Case("two full chunks", "success") { $0.chunks = [(65_536, false), (65_536, true)] },
    Case("two full chunks not marked", "payload failure") {
      $0.chunks = [(65_536, false), (65_536, false)]
    },
    Case("three chunks", "success") {
      $0.chunks = [(65_536, false), (65_536, false), (1, true)]
    },
    Case("a short chunk in the middle", "payload failure") {
      $0.chunks = [(11, false), (11, true)]
    },
    Case("garbage at the end", "payload failure") { $0.garbage = [1, 2, 3] },
    Case("garbage of a chunk's length", "payload failure") {
      $0.chunks = [(65_536, true)]
      $0.garbage = [UInt8](repeating: 1, count: 65_552)
    },
    Case("a tag cut short", "payload failure") { $0.cutting = 1 },
    Case("a chunk cut away", "payload failure") {
      ($0.chunks, $0.cutting) = ([(65_536, false), (11, true)], 27)
    },
  ]

  static let armors: [Case] = [
    Case(armor: "as it should be", "success") { $0 },
    Case(armor: "with CRLF", "success") { $0.replacing("\n", with: "\r\n") },
    Case(armor: "with white space around", "success") { " \t\r\n\n" + $0 + "\n \t\r\n" },
    Case(armor: "without the last line feed", "success") { String($0.dropLast()) },
    Case(armor: "without its end", "armor failure") {
      $0.replacing("-----END AGE ENCRYPTED FILE-----\n", with: "")
    },
    Case(armor: "with another end", "armor failure") {
      $0.replacing("-----END AGE", with: "-----END RAGE")
    },
    Case(armor: "of another type", "armor failure") {
      $0.replacing("AGE ENCRYPTED FILE", with: "MESSAGE")
    },
    Case(armor: "with headers", "armor failure") {
      $0.replacing(begin, with: begin + "Comment: hello\n\n")
    },
    Case(armor: "after garbage", "armor failure") { "garbage\n" + $0 },
    Case(armor: "before garbage", "armor failure") { $0 + "garbage\n" },
    Case(armor: "with a blank after its first line", "armor failure") {
      $0.replacing(begin, with: begin.dropLast() + " \n")
    },
    Case(armor: "with a blank before a line", "armor failure") {
      $0.replacing(begin, with: begin + " ")
    },
    Case(armor: "with an empty first line", "armor failure") {
      $0.replacing(begin, with: begin + "\n")
    },
    Case(armor: "with an empty last line", "armor failure") {
      $0.replacing("-----END", with: "\n-----END")
    },
    Case(armor: "with a blank in the last line", "armor failure") {
      $0.replacing("\n-----END", with: " \n-----END")
    },
    Case(armor: "with a long line", "armor failure") { $0.replacing(begin, with: begin + "AAAA") },
    Case(armor: "with other signs", "armor failure") { $0.replacing("YWdl", with: "YW-_") },
    Case(armor: "without padding", "armor failure") { $0.replacing("=", with: "") },
    Case(armor: "with a line feed in its padding", "armor failure") {
      $0.replacing("==\n", with: "=\n=\n")
    },
    Case(armor: "of nothing", "header failure") { _ in begin + "-----END AGE ENCRYPTED FILE-----\n"
    },
    Case(armor: "around garbage", "payload failure") {
      let lines = $0.split(separator: "\n")
      let text = lines.dropFirst().dropLast().joined()
      let bytes = [UInt8](Data(base64Encoded: text) ?? Data()) + [1]
      let again = AgeForge.base64(bytes, padded: true)
      let cut = stride(from: 0, to: again.count, by: 64).map {
        again.dropFirst($0).prefix(64) + "\n"
      }
      return begin + cut.joined() + "-----END AGE ENCRYPTED FILE-----\n"
    },
  ]

  @Test(arguments: headers + recipients + works + contents + armors)
  func `a file that is bent in one way fails as it must`(_ bent: Case) throws {
    var identities = try AgeIdentity.parse(secret(AgeForge.identity))
    identities.append(AgeIdentity(passphrase: secret(AgeForge.passphrase)))
    let outcome: String
    do throws(AgeError) {
      _ = try AgeFile.decrypt(bent.file, with: identities)
      outcome = "success"
    } catch {
      outcome = error.outcome
    }
    #expect(outcome == bent.expectation)
  }

  @Test(arguments: [
    ("AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0", true),
    ("age-secret-key-1egtzvffv20835nwyv6270lxyvk2vknx2mmdkwyklmgr48uawx40q2p2lm0", true),
    ("AGE-SECRET-KEY-1egtzvffv20835nwyv6270lxyvk2vknx2mmdkwyklmgr48uawx40q2p2lm0", false),
    ("AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM9", false),
    ("AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM", false),
    ("AGE-SECRET-KEY-1 EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0", false),
    ("AGE-SECRET-KEY-1", false), ("AGE-SECRET-KEY-", false), ("1", false),
  ])
  func `an identity is in one case and whole, or refused`(text: String, isGood: Bool) {
    let parsed = try? AgeIdentity.parse(secret(text + "\n"))
    #expect((parsed?.count == 1) == isGood)
  }

  @Test func `one of several identities is enough, and none is no match`() throws {
    let file = Case("", "") { _ in }.file
    let ours = try AgeIdentity.parse(secret(AgeForge.identity))
    let others = [AgeIdentity.generate(), AgeIdentity.generate()]
    #expect(try AgeFile.decrypt(file, with: others + ours).count == 11)
    #expect(throws: AgeError.noMatch) { _ = try AgeFile.decrypt(file, with: others) }
    #expect(throws: AgeError.noMatch) { _ = try AgeFile.decrypt(file, with: []) }
  }

  @Test func `recipients that we cannot open are unsupported when they are the only ones`() throws {
    let others = "-> mlkem768x25519 AAAA\nAAAA\n"
    let ours = try AgeIdentity.parse(secret(AgeForge.identity))
    let alone = Case("", "") { $0.stanzas = [others] }.file
    let error = #expect(throws: AgeError.self) { _ = try AgeFile.decrypt(alone, with: ours) }
    #expect(error?.outcome == "unsupported")
    let mixed = Case("", "") { $0.stanzas = [others] + $0.stanzas }.file
    #expect(try AgeFile.decrypt(mixed, with: ours).count == 11)
    #expect(throws: AgeError.noMatch) { _ = try AgeFile.decrypt(mixed, with: [.generate()]) }
  }
}
