import Foundation
import TestSupport
import Testing

/// Every secret that nightjar is given is looked for in everything that it leaves behind.
struct SecretCanaryTests {
  private var run: CanaryRun
  private var folder: Scratch { run.folder }

  init() throws {
    run = try CanaryRun()
  }

  /// Where the key is, and what opens that place.
  private struct Place {
    var reference = "keystore:main"
    var flags: [String] = []
    var input: String?
  }

  /// Keeps the key in a place of this kind.
  private mutating func keep(_ kind: String) throws -> Place {
    switch kind {
    case "exec", "failing exec": try keepForCommand(failing: kind != "exec")
    case "passphrase": try keepUnderPassphrase()
    default: try keepUnderIdentity(inFile: kind != "descriptor")
    }
  }

  private mutating func keepForCommand(failing: Bool) throws -> Place {
    try run.writePrivate("kept", run.canaries["key"] + "\n")
    let look = """
      tr '\\0' '\\n' </proc/self/environ >child.environ
      tr '\\0' '\\n' </proc/$$/cmdline >child.cmdline
      cat kept

      """
    let fail = "echo \"refused: $TOKEN\" >&2; cat kept >&2; exit 1\n"
    try folder.write("issue.sh", look + (failing ? fail : ""))
    // They were put there by their user, for this child alone.
    run.kept = ["kept": ["key"], "job.yaml": ["exec argument"], "child.environ": ["exec argument"]]
    return Place(reference: "exec:TOKEN=\(run.canaries["exec argument"]) sh issue.sh")
  }

  private func keepUnderPassphrase() throws -> Place {
    try run.writePrivate("import.json", "{\"main\":\"\(run.canaries["key"])\"}")
    let passphrase = run.canaries["passphrase"]
    for command in [["init", "--passphrase"], ["import", "import.json"]] {
      let ending = try folder.nightjar(
        ["keys"] + command + ["--passphrase-fd", "0"],
        input: passphrase
      )
      #expect(ending.status == 0, "\(ending.errors)")
    }
    try FileManager.default.removeItem(atPath: folder.path(of: "import.json"))
    return Place(flags: ["--passphrase-fd", "0"], input: passphrase)
  }

  private mutating func keepUnderIdentity(inFile: Bool) throws -> Place {
    #expect(try folder.nightjar(["keys", "init"]).status == 0)
    let added = try folder.nightjar(["keys", "add", "main"], input: run.canaries["key"])
    #expect(added.status == 0, "\(added.errors)")
    let identity = folder.lines(run.home + "identity.txt").last ?? ""
    #expect(identity.hasPrefix("AGE-SECRET-KEY-1"))
    run.canaries.add("identity", identity)
    guard !inFile else {
      run.kept[run.home + "identity.txt"] = ["identity"]
      return Place()
    }
    try FileManager.default.removeItem(atPath: folder.path(of: run.home + "identity.txt"))
    return Place(flags: ["--identity-fd", "0"], input: identity)
  }

  /// A job file, because a command line is for everybody to read.
  private func writeJobFile(key: String) throws {
    let accounts = "accounts:\n  - {name: main, keys: ['\(key)']}\n"
    try folder.write("job.yaml", "input: in.jsonl\n" + accounts)
  }

  @Test func `each secret would be found in each form, and its end alone`() {
    for (place, value) in run.canaries.all {
      let key = Data(value.utf8)
      let hex = value.utf8.map { String($0, radix: 16) }.joined()
      let seen = [
        value, String(value.reversed()), "…" + value.dropFirst(20), hex, hex.uppercased(),
        key.base64EncodedString(), (Data("user:".utf8) + key).base64EncodedString(),
      ]
      for text in seen {
        let found = run.canaries.findings(in: Data("a \(text) b".utf8)).map(\.place)
        #expect(Set(found) == [place], "\(text)")
      }
    }
    #expect(run.canaries.findings(in: Data("nothing".utf8)).isEmpty)
  }

  @Test(arguments: [
    ("exec", "401"), ("keystore", "403"), ("passphrase", "401"), ("descriptor", "403"),
  ])
  mutating func `no answer of a provider carries a secret to where it does not belong`(
    kind: String,
    refusal: String
  ) throws {
    let provider = try Mirror.provider()
    let place = try keep(kind)
    try run.ask(["fine", "400", "429", "500", "302", "garbage", refusal])
    try writeJobFile(key: place.reference)
    let program = try Program(
      run.run(at: provider.url) + place.flags,
      in: folder,
      environment: run.environment,
      input: place.input,
      // A passphrase is checked with 256 MiB.
      memory: "unlimited"
    )
    try folder.wait(for: "a result") { !folder.lines("out.jsonl").isEmpty }
    try run.canaries.expectAbsent(from: program, besides: CanaryRun.inEnvironment)
    let ending = program.ending()
    #expect(ending.status == 75, "\(ending.errors)")
    #expect(ending.errors.contains("you said"), "\(ending.errors)")
    run.expectNoCanary()
    #expect(provider.server.requests.contains { $0.contains(run.canaries["key"]) })
    #expect(provider.elsewhere.connectionCount == 0)
    #expect(kind != "exec" || folder.read("child.environ").contains("TOKEN="))
  }

  @Test mutating func `a command that fails does not carry its secrets into the message`() throws {
    let place = try keep("failing exec")
    try run.ask(["fine"])
    try writeJobFile(key: place.reference)
    let ending = try folder.nightjar(
      run.run(at: "http://127.0.0.1:9"),
      environment: run.environment
    )
    #expect(ending.status == 69, "\(ending.errors)")
    #expect(ending.errors.contains("exec:sh … failed with exit status 1 and said: refused: "))
    run.expectNoCanary()
  }

  /// The Swift runtime would report a crash with the memory that the registers point to.
  @Test(arguments: [[:], ["SWIFT_BACKTRACE": "enable=yes,color=no"]])
  mutating func `a crash leaves nothing behind`(settings: [String: String]) throws {
    let provider = try Mirror.provider()
    let place = try keep("keystore")
    try run.ask(["fine", "400", "hold"])
    let program = try Program(
      run.run(at: provider.url, key: place.reference),
      in: folder,
      environment: run.environment.merging(settings) { $1 }
    )
    try folder.wait(for: "the failed job") { folder.lines("out.failed.jsonl").count == 1 }
    program.send(signal: SIGSEGV)
    let ending = program.ending()
    #expect(ending.status == -SIGSEGV, "\(ending.errors)")
    #expect(!ending.errors.contains("Registers"), "\(ending.errors)")
    #expect(!folder.files.contains { $0.hasPrefix("core") })
    run.expectNoCanary()
  }

  @Test(arguments: [
    ("400 InvalidSignatureException", 77 as Int32), ("403 AccessDeniedException", 77),
    ("400 ResourceNotFoundException", 77), ("400", 77), ("500", 69), ("garbage", 69), ("302", 77),
    ("closed", 69),
  ])
  func `no refusal of AWS repeats its credentials`(refusal: String, status: Int32) throws {
    let store = try Mirror.store(refusal)
    try run.ask(["fine"])
    let address = refusal == "closed" ? "http://127.0.0.1:9" : store.address
    let ending = try run.ending(
      at: "http://127.0.0.1:9",
      key: "aws-sm:llm#key",
      ["AWS_ENDPOINT_URL": address]
    )
    #expect(ending.status == status, "\(ending.errors)")
    #expect(ending.errors.contains("AWS"), "\(ending.errors)")
    run.expectNoCanary()
    let token = run.canaries["AWS session token"]
    let hasAsked = store.server.requests.contains { $0.contains(token) }
    #expect(hasAsked == (refusal != "closed"))
    #expect(store.elsewhere.connectionCount == 0)
  }

  @Test func `a key from AWS goes to the provider and nowhere else`() throws {
    let store = try Mirror.secretsManager(holding: run.canaries["key"])
    let provider = try Mirror.provider()
    try run.ask(["fine", "500", "400"])
    let ending = try run.ending(
      at: provider.url,
      key: "aws-sm:llm",
      ["AWS_ENDPOINT_URL": store.address]
    )
    #expect(ending.status == 1, "\(ending.errors)")
    run.expectNoCanary()
    let sent = provider.server.requests.joined()
    #expect(sent.contains(run.canaries["key"]))
    #expect(!sent.contains(run.canaries["AWS session token"]))
  }
}
