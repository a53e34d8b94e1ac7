import Secrets
import Testing

/// Our age files against the `age` program of Debian.
@Suite(.enabled(if: Program.isInstalled("age"), "the age program is not installed"))
struct AgeProgram {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: [false, true])
  func `age opens what we encrypt`(armored: Bool) throws {
    let identity = AgeIdentity.generate()
    let recipient = try #require(identity.recipient)
    let plaintext = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    let key = try folder.write(try file(of: identity), to: "identity.txt")
    let file = try folder.write(
      try AgeFile.encrypt(secret(plaintext), to: [recipient], armored: armored),
      to: "file.age"
    )
    let result = try Program.run("age", "-d", "-i", key, file)
    #expect(result.status == 0)
    #expect(result.output == plaintext)
  }

  @Test(arguments: [false, true])
  func `we open what age encrypts`(armored: Bool) throws {
    let key = folder.path + "/identity.txt"
    #expect(try Program.run("age-keygen", "-o", key).status == 0)
    let plain = try folder.write(Array("seventy thousand".utf8), to: "plain")
    let file = folder.path + "/file.age"
    let form = armored ? "-a" : "--encrypt"
    #expect(try Program.run("age", form, "-e", "-i", key, "-o", file, plain).status == 0)
    let identities = try AgeIdentity.parse(secret(try folder.read("identity.txt")))
    let opened = try AgeFile.decrypt(try folder.read("file.age"), with: identities)
    #expect(text(opened) == "seventy thousand")
  }

  @Test func `our recipient for a key is the one age-keygen prints`() throws {
    let identity = AgeIdentity.generate()
    let key = try folder.write(try file(of: identity), to: "identity.txt")
    let printed = try Program.run("age-keygen", "-y", key).output
    #expect(String(decoding: printed, as: UTF8.self) == "\(try #require(identity.recipient))\n")
  }

  private static let hasTerminal = Program.isInstalled("python3")

  @Test(.enabled(if: hasTerminal, "python3 is not installed, which gives age a terminal"))
  func `age opens our passphrase files, and we open its`() throws {
    let plaintext = Array("behind a passphrase".utf8)
    let ours = try AgeFile.encrypt(secret(plaintext), passphrase: secret("spell"), workFactor: 12)
    let oursPath = try folder.write(ours, to: "ours.age")
    let opened = folder.path + "/opened"
    #expect(try onTerminal("age", "-d", "-o", opened, oursPath) == 0)
    #expect(try folder.read("opened") == plaintext)

    let plainPath = try folder.write(plaintext, to: "plain")
    #expect(try onTerminal("age", "-p", "-o", folder.path + "/theirs.age", plainPath) == 0)
    let theirs = try folder.read("theirs.age")
    let identity = AgeIdentity(passphrase: secret("spell"))
    #expect(bytes(try AgeFile.decrypt(theirs, with: [identity])) == plaintext)
  }

  /// Runs a program on a terminal of its own and types the passphrase whenever it asks.
  private func onTerminal(_ arguments: String...) throws -> Int32 {
    let script = """
      import os, pty, sys
      child, terminal = pty.fork()
      if child == 0:
          os.execvp(sys.argv[1], sys.argv[1:])
      asked = b""
      while True:
          try:
              got = os.read(terminal, 1024)
          except OSError:
              break
          if not got:
              break
          asked += got
          while b"phrase" in asked and b": " in asked:
              asked = asked.split(b": ", 1)[1]
              os.write(terminal, b"spell\\n")
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
      """
    let file = try folder.write(Array(script.utf8), to: "terminal.py")
    return try Program.runAll(["python3", file] + arguments).status
  }
}
