import Secrets
import Testing

/// Our age files against pyrage, the Python face of the other implementation, rage.
@Suite(.enabled(if: Program.pythonWithPyrage != nil, "pyrage is not installed for python3"))
struct PyrageProgram {
  private let python: String
  private let folder: TemporaryFolder

  init() throws {
    python = try #require(Program.pythonWithPyrage)
    folder = try TemporaryFolder()
  }

  @Test func `pyrage opens what we encrypt, and we open what it encrypts`() throws {
    let identity = AgeIdentity.generate()
    let recipient = try #require(identity.recipient)
    let key = try folder.write(try file(of: identity), to: "identity.txt")
    let ours = try folder.write(
      try AgeFile.encrypt(secret("from us"), to: [recipient]),
      to: "ours.age"
    )
    let script = """
      import sys, pyrage
      identity = pyrage.x25519.Identity.from_str(open(sys.argv[1]).read().strip())
      opened = pyrage.decrypt(open(sys.argv[2], "rb").read(), [identity])
      assert opened == b"from us", opened
      sys.stdout.buffer.write(pyrage.encrypt(b"from rage", [identity.to_public()]))
      """
    let result = try Program.run(python, "-c", script, key, ours)
    #expect(result.status == 0)
    #expect(text(try AgeFile.decrypt(result.output, with: [identity])) == "from rage")
  }

  @Test func `pyrage opens our passphrase files, and we open its`() throws {
    let ours = try folder.write(
      try AgeFile.encrypt(secret("from us"), passphrase: secret("spell"), workFactor: 12),
      to: "ours.age"
    )
    let script = """
      import sys, pyrage
      opened = pyrage.passphrase.decrypt(open(sys.argv[1], "rb").read(), "spell")
      assert opened == b"from us", opened
      sys.stdout.buffer.write(pyrage.passphrase.encrypt(b"from rage", "spell"))
      """
    let result = try Program.run(python, "-c", script, ours)
    #expect(result.status == 0)
    let identity = AgeIdentity(passphrase: secret("spell"))
    #expect(text(try AgeFile.decrypt(result.output, with: [identity])) == "from rage")
  }
}
