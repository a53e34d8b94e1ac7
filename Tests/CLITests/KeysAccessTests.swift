import Foundation
import TestSupport
import Testing

/// What opens a keystore on the command line, and what must not.
struct KeysAccessTests {
  private let folder: Scratch
  private let home = ".config/nightjar/"

  init() throws {
    folder = try Scratch()
  }

  private func keys(
    _ arguments: [String],
    input: String? = nil,
    environment: [String: String] = [:]
  ) throws -> Program.Ending {
    try folder.nightjar(["keys"] + arguments, environment: environment, input: input)
  }

  private func made() throws {
    #expect(try keys(["init"]).status == 0)
    #expect(try keys(["add", "main"], input: "sk-one").status == 0)
  }

  private func setMode(_ mode: Int, of name: String) throws {
    try FileManager.default.setAttributes(
      [.posixPermissions: mode],
      ofItemAtPath: folder.path(of: name)
    )
  }

  @Test func `a passphrase opens it from a descriptor, and another does not`() throws {
    let flags = ["--passphrase-fd", "0"]
    #expect(
      try keys(["init", "--passphrase", "--armor"] + flags, input: "open sesame").status == 0
    )
    #expect(folder.read(home + "keystore.age").hasPrefix("-----BEGIN AGE ENCRYPTED FILE-----"))
    #expect(!folder.exists(home + "identity.txt"))
    #expect(try keys(["list"] + flags, input: "open sesame\n").status == 0)
    let wrong = try keys(["list"] + flags, input: "open barley")
    #expect(wrong.status == 77 && wrong.errors.contains("passphrase"))
    #expect(!wrong.errors.contains("barley"))
    #expect(try keys(["add", "main"] + flags, input: "sk-one").status == 64)
  }

  /// Runs a command at a terminal, where this is typed.
  private func atTerminal(_ command: String, typing text: String) throws -> Program.Ending {
    let program = try Program(
      ["-qec", "\(Program.path) \(command)", "/dev/null"],
      in: folder,
      executable: try #require(Tool.find("script")),
      input: text
    )
    return program.ending()
  }

  @Test func `a key is removed for good only where a person says yes`() throws {
    try made()
    let no = try atTerminal("keys remove main", typing: "n\n")
    #expect(no.status == 75, "\(no.output)")
    #expect(no.output.contains("remove keystore:main (version 1, fingerprint "), "\(no.output)")
    #expect(no.output.contains("keys disable main"))
    #expect(try keys(["list"]).output.contains("main"))
    #expect(try atTerminal("keys remove main", typing: "y\n").status == 0)
    #expect(!(try keys(["list"]).output.contains("main")))
    #expect(try keys(["add", "main"], input: "sk-one").status == 0)
    let flag = try atTerminal("keys remove main --yes", typing: "")
    #expect(flag.status == 0 && !flag.output.contains("[y/N]"), "\(flag.output)")
  }

  @Test func `the keystore is opened before a value is asked for`() throws {
    for command in [["add", "main"], ["rotate", "main"], ["import", "-"]] {
      let nobodyTypes = Pipe()
      let program = try Program(["keys"] + command, in: folder, pipe: nobodyTypes)
      let ending = program.ending()
      #expect(ending.status == 77 && ending.errors.contains("keys init"), "\(ending.errors)")
      try nobodyTypes.fileHandleForWriting.close()
    }
  }

  @Test func `a short passphrase is refused, and none is made of it`() throws {
    let flags = ["init", "--passphrase", "--passphrase-fd", "0"]
    let short = try keys(flags, input: "sesame")
    #expect(short.status == 64 && short.errors.contains("next: take a longer one"))
    #expect(!short.errors.contains("sesame") && !folder.exists(home + "keystore.age"))
  }

  @Test func `the identity may come from a descriptor or from systemd`() throws {
    try made()
    let identity = folder.read(home + "identity.txt")
    try FileManager.default.removeItem(atPath: folder.path(of: home + "identity.txt"))
    let lost = try keys(["list"])
    #expect(lost.status == 77 && lost.errors.contains("--identity"))
    #expect(try keys(["list", "--identity-fd", "0"], input: identity).status == 0)
    try folder.write("credentials/nightjar-identity", identity)
    try setMode(0o440, of: "credentials/nightjar-identity")
    let service = ["CREDENTIALS_DIRECTORY": folder.path(of: "credentials")]
    #expect(try keys(["list"], environment: service).status == 0)
    #expect(try keys(["list", "--identity-fd", "9"]).status == 77)
    #expect(try keys(["list", "--identity", "a", "--identity-fd", "3"]).status == 64)
  }

  @Test(arguments: [
    ("identity.txt", 0o644, "chmod 600"), ("keystore.age", 0o640, "chmod 600"),
    ("", 0o777, "chmod go-w"),
  ])
  func `what others can read or exchange is refused`(name: String, mode: Int, advice: String) throws
  {
    try made()
    try setMode(mode, of: home + name)
    for command in [["list"], ["check"], ["remove", "main"]] {
      let refused = try keys(command)
      #expect(refused.status == 77, "\(command)")
      #expect(refused.errors.contains(advice), "\(command): \(refused.errors)")
    }
  }

  @Test(arguments: ["identity.txt", "keystore.age"])
  func `links are refused`(name: String) throws {
    try made()
    let path = folder.path(of: home + name)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".real")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
    let refused = try keys(["check"])
    #expect(refused.status == 77 && refused.errors.contains("symbolic link"))
  }

  @Test func `another keystore in its place is refused, by runs too`() throws {
    try made()
    #expect(try keys(["init", "--keystore", "other.age"]).status == 0)
    let theirs = try keys(["add", "main", "--keystore", "other.age"], input: "sk-theirs")
    #expect(theirs.status == 0)
    let path = folder.path(of: home + "keystore.age")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(atPath: folder.path(of: "other.age"), toPath: path)
    #expect(try keys(["list"]).status == 77)
    try folder.write("in.jsonl", prompts(0..<1))
    let run = try folder.nightjar([
      "run", "in.jsonl", "-o", "out.jsonl", "--provider", "anthropic", "--model", "any",
      "--max-tokens", "9", "--base-url", "http://127.0.0.1:9", "--key", "keystore:main",
    ])
    #expect(run.status == 77 && run.errors.contains("another keystore"), "\(run.errors)")
  }

  @Test func `a home that cannot be written is said once, and used`() throws {
    try made()
    let told = try keys(["list"], environment: ["XDG_STATE_HOME": "/proc/nowhere"])
    #expect(told.status == 0)
    #expect(told.errors.split(separator: "\n").count == 1)
    #expect(told.errors.contains("older copy"))
  }
}
