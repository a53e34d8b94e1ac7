import Foundation
import TestSupport
import Testing

/// The `keys` commands as a user meets them.
struct KeysCommandTests {
  private let folder: Scratch

  init() throws {
    folder = try Scratch()
    #expect(try keys(["init"]).status == 0)
  }

  private func keys(_ arguments: [String], input: String? = nil) throws -> Program.Ending {
    try folder.nightjar(["keys"] + arguments, input: input)
  }

  private var path: String { folder.path(of: ".config/nightjar/keystore.age") }

  private struct Line: Decodable {
    struct Previous: Decodable {
      let version: Int
      let usable: Bool
    }
    let id: String
    let version: Int
    let usable: Bool
    let previous: Previous?
  }

  @Test func `a rotation says what it drops, and offers no way back where there is none`() throws {
    _ = try keys(["add", "main"], input: "sk-one")
    let first = try keys(["rotate", "main"], input: "sk-two")
    #expect(!first.output.contains("dropped"))
    let second = try keys(["rotate", "main", "--overlap", "0"], input: "sk-three")
    #expect(second.output.contains("dropped: version 1"), "\(second.output)")
    #expect(!second.output.contains("rollback"), "\(second.output)")
  }

  private func list() throws -> [Line] {
    let text = try keys(["list", "--json"]).output
    return try JSONDecoder().decode([Line].self, from: Data(text.utf8))
  }

  @Test func `each command may be repeated, and says that nothing was changed`() throws {
    #expect(try keys(["add", "main"], input: "sk-one").status == 0)
    let steps: [([String], String?)] = [
      (["init"], nil), (["add", "main"], "sk-one"), (["rotate", "main"], "sk-two"),
      (["rollback", "main"], nil), (["disable", "main"], nil), (["enable", "main"], nil),
      (["import", "-"], "main=sk-one\nother=sk-x"), (["remove", "other"], nil),
    ]
    for (arguments, input) in steps {
      #expect(try keys(arguments, input: input).status == 0, "\(arguments)")
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      let again = try keys(arguments, input: input)
      #expect(again.status == 0, "\(arguments): \(again.errors)")
      let words = ["nothing was changed", "unchanged: keystore:other"]
      #expect(words.contains { again.output.contains($0) }, "\(arguments): \(again.output)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before, "\(arguments)")
    }
  }

  @Test func `a rotation shows both fingerprints and its name, and can be undone`() throws {
    _ = try keys(["add", "main"], input: "sk-one")
    let rotated = try keys(["rotate", "main", "--overlap", "1h"], input: "sk-two")
    for word in ["new: version 2", "old: version 1", "rotation: r-", "keys rollback main"] {
      #expect(rotated.output.contains(word), "\(word)")
    }
    #expect(try list()[0].version == 2)
    #expect(try list()[0].previous?.usable == true)
    #expect(try keys(["rollback", "main"]).output.contains("in use: version 1"))
    #expect(try list()[0].previous?.usable == false)
    #expect(try keys(["rotate", "none"], input: "sk-x").status == 77)
    #expect(try keys(["rollback", "none"]).status == 77)
  }

  @Test func `an import is all or nothing`() throws {
    let bad = try keys(["import", "-"], input: "a=sk-a\nb=sk b\n")
    #expect(bad.status == 77 && bad.errors.contains("line 2"))
    #expect(try list().isEmpty)
    try folder.write("keys.json", #"{"a":"sk-a","b":"sk-b"}"#)
    let open = try keys(["import", "keys.json"])
    #expect(open.status == 77 && open.errors.contains("chmod 600"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600],
      ofItemAtPath: folder.path(of: "keys.json")
    )
    #expect(try keys(["import", "keys.json"]).output.contains("new: keystore:b"))
    let more = try keys(["import", "-"], input: #"{"a":"sk-a","b":"sk-c","d":"sk-d"}"#)
    #expect(
      more.output.split(separator: "\n").map { $0.prefix { $0 != "(" } } == [
        "unchanged: keystore:a ", "changed: keystore:b ", "new: keystore:d ",
      ]
    )
  }

  @Test func `check warns of what expires, and fails for what has expired`() throws {
    _ = try keys(["add", "soon", "--expires", "36h"], input: "sk-a")
    _ = try keys(["add", "today", "--expires", "90m"], input: "sk-b")
    _ = try keys(["add", "now", "--expires", "600s"], input: "sk-c")
    _ = try keys(["add", "later", "--expires", "2999-01-01"], input: "sk-d")
    let good = try keys(["check"])
    #expect(good.status == 0, "\(good.errors)")
    for word in ["expires in 1 d", "expires in 1 h", "expires within the hour", "entries, whole"] {
      #expect(good.output.contains(word), "\(word): \(good.output)")
    }
    let past = try keys(["add", "old", "--expires", "2020-01-01"], input: "sk-e")
    #expect(past.status == 64 && past.errors.contains("in the past"), "\(past.errors)")
    try changeByHand { $0.replacing("2999-01-01", with: "2020-01-01") }
    let bad = try keys(["check"])
    #expect(bad.status == 77 && bad.errors.contains("not usable: later"))
  }

  /// Changes what is in the keystore with the age program.
  private func changeByHand(_ change: (String) -> String) throws {
    let identity = folder.path(of: ".config/nightjar/identity.txt")
    try folder.write("plain", change(try Tool.output("age", ["-d", "-i", identity, path])))
    let recipient = try #require(
      folder.read(".config/nightjar/identity.txt").firstMatch(of: /public key: (\S+)/)?.output.1
    )
    try Tool.run("age", ["-r", String(recipient), "-o", path, folder.path(of: "plain")])
  }

  @Test func `an older copy is refused until it is accepted`() throws {
    _ = try keys(["add", "main"], input: "sk-one")
    try FileManager.default.copyItem(atPath: path, toPath: path + ".old")
    _ = try keys(["rotate", "main"], input: "sk-two")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".old", toPath: path)
    for command in [["list"], ["check"], ["remove", "main"]] {
      let refused = try keys(command)
      #expect(refused.status == 77 && refused.errors.contains("keys check --accept"), "\(command)")
    }
    #expect(try keys(["check", "--accept"]).status == 0)
    #expect(try keys(["list"]).status == 0)
  }

  @Test func `the log of changes is shown and verified, and a changed one is not`() throws {
    _ = try keys(["add", "main"], input: "sk-one")
    _ = try keys(["rotate", "main"], input: "sk-two")
    let shown = try keys(["audit"]).output.split(separator: "\n")
    #expect(shown.count == 3 && shown[2].contains("rotated  keystore:main v2"))
    let verified = try keys(["audit", "--verify"])
    #expect(verified.status == 0 && verified.output.hasPrefix("verdict: whole"))
    #expect(verified.output.contains("entries: 3"))
    let head = verified.output.split(separator: "\n").last?.split(separator: " ").last ?? ""
    #expect(try keys(["audit", "--expect", String(head)]).status == 0)
    let log = ".config/nightjar/keystore.age.audit"
    let text = folder.read(log)
    try folder.write("cut.log", text.split(separator: "\n").dropLast().map { $0 + "\n" }.joined())
    #expect(try keys(["audit", "cut.log", "--verify"]).status == 0)
    #expect(try keys(["audit", "cut.log", "--expect", String(head)]).status == 65)
    try folder.write("changed.log", text.replacing("\"added\"", with: "\"loaded\""))
    let changed = try keys(["audit", "changed.log", "--verify"])
    #expect(changed.output.hasPrefix("verdict: broken"))
    #expect(changed.status == 65 && changed.errors.contains("changed.log:2"))
    #expect(try keys(["audit", "nothing.jsonl"]).status == 66)
    for (text, words) in [("", "is empty, although the keystore was made"), ("garbage", "broken")] {
      try folder.write(log, text)
      let ending = try keys(["audit", "--verify"])
      #expect(ending.status == 65 && ending.errors.contains(words), "\(ending.errors)")
      #expect(!ending.output.contains("whole"))
    }
  }

  @Test(.enabled(if: Tool.find("age") != nil, "the age program is not installed"))
  func `others open it with their own keys, and the age program too`() throws {
    try Tool.run("age-keygen", ["-o", folder.path(of: "other.txt")])
    let file = folder.read("other.txt")
    let recipient = try #require(
      file.split(separator: "\n").first { $0.contains("public key") }?.split(separator: " ").last
    )
    #expect(try keys(["init", "--recipient", String(recipient)]).status == 0)
    _ = try keys(["add", "main"], input: "sk-one")
    let other = ["--identity", "other.txt"]
    #expect(try keys(["list"] + other).output.contains("main"))
    _ = try keys(["rotate", "main"] + other, input: "sk-two")
    #expect(try keys(["list"]).output.contains("main"))
    let plain = folder.path(of: "plain")
    try Tool.run("age", ["-d", "-i", folder.path(of: "other.txt"), "-o", plain, path])
    #expect(folder.read("plain").contains("sk-two"))
    #expect(try keys(["init", "--recipient", "age1nonsense"]).status == 64)
  }

  @Test func `a probe decides before anything is stored`() throws {
    let provider = try Provider(["--account", "main=sk-rehearsal-good-key"], in: folder)
    _ = try keys(["add", "main", "--provider", "anthropic"], input: "sk-rehearsal-old-key")
    let rotate = ["rotate", "main", "--probe", "--base-url", provider.url]
    let bad = try keys(rotate, input: "sk-rehearsal-bad-key")
    #expect(bad.status == 77, "\(bad.errors)")
    #expect(bad.errors.contains("the keystore was not changed"))
    #expect(!bad.errors.contains("bad-key"))
    #expect(try list()[0].version == 1)
    let good = try keys(rotate, input: "sk-rehearsal-good-key")
    #expect(good.status == 0, "\(good.errors)")
    #expect(try list()[0].version == 2)
    provider.stop()
    #expect(try keys(rotate, input: "sk-rehearsal-next-key").status == 69)
    #expect(try keys(["rotate", "main"], input: "sk-rehearsal-next-key").status == 0)
  }

  @Test func `no value reaches an argument, a file in plain, or what is printed`() throws {
    for (command, input) in [
      (["add", "main"], Canary.key), (["rotate", "main", "--overlap", "0"], Canary.key + "2"),
      (["import", "-"], "main=\(Canary.key)3\nother=\(Canary.key)4"),
      (["import", "-"], "m=\(Canary.key) x"),
      (["add", "main"], Canary.key + "\u{e9}"),
    ] {
      _ = try keys(command, input: input)
    }
    for command in [["list", "--json"], ["check"], ["audit"], ["audit", "--json"]] {
      _ = try keys(command)
    }
    let typed = try keys(["rotate", "main", Canary.key])
    #expect(typed.status == 64 && typed.errors.contains("history"))
    Canary.expectAbsent(from: folder)
  }
}
