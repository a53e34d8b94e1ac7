import Foundation
import Testing

/// Keys that are replaced and revoked while requests are in flight: no job fails, no attempt is
/// charged, and the audit log names every key that served.
struct RotationTests {
  /// What comes first at a rotation.
  enum First: String, CaseIterable {
    case newKey = "the new key"
    case revocation = "the revocation"
  }

  @Test(arguments: First.allCases)
  func `a key in a file is replaced and revoked again and again`(first: First) throws {
    let drill = try RotationDrill(jobs: 2_000)
    try drill.put(RotationDrill.key(1))
    let program = try drill.start("file:key")
    try drill.rotate(times: 8) { old, new in
      if first == .revocation { try drill.provider.revoke(old) }
      try drill.provider.add(new)
      try drill.put(new)
      if first == .newKey { try drill.provider.revoke(old) }
    }
    try drill.expectNothingLost(program, keys: 9)
  }

  @Test func `a key in a keystore is rotated`() throws {
    let drill = try RotationDrill(jobs: 1_400)
    #expect(try drill.folder.nightjar(["keys", "init"]).status == 0)
    let first = RotationDrill.key(1)
    #expect(try drill.folder.nightjar(["keys", "add", "main"], input: first).status == 0)
    let program = try drill.start("keystore:main")
    try drill.rotate(times: 4) { old, new in
      try drill.provider.add(new)
      #expect(try drill.folder.nightjar(["keys", "rotate", "main"], input: new).status == 0)
      try drill.provider.revoke(old)
    }
    try drill.expectNothingLost(program, keys: 5)
  }

  @Test func `a command prints another key`() throws {
    let drill = try RotationDrill(jobs: 1_400)
    try drill.put(RotationDrill.key(1), into: "printed")
    let program = try drill.start("exec:cat \(drill.folder.path(of: "printed"))")
    try drill.rotate(times: 4) { old, new in
      try drill.provider.add(new)
      try drill.put(new, into: "printed")
      try drill.provider.revoke(old)
    }
    try drill.expectNothingLost(program, keys: 5)
  }

  @Test func `a run without any good key parks, says why, and ends by itself`() throws {
    let drill = try RotationDrill(jobs: 600)
    try drill.put(RotationDrill.key(1))
    let program = try drill.start("file:key")
    try drill.waitForTurnover()
    try drill.provider.revoke(RotationDrill.key(1))
    try drill.folder.wait(for: "the event") { program.errors.contains("account default is parked") }
    let account = try #require(try drill.folder.account(whoseStateIs: "parked"))
    #expect(account.reason.contains("invalid x-api-key"))
    try drill.provider.add(RotationDrill.key(2))
    try drill.put(RotationDrill.key(2))
    try drill.expectNothingLost(program, keys: 2)
    #expect(program.errors.contains("account default works again"))
  }
}

/// Accounts that turn out to be one, whose limits nobody should count twice.
struct OrganisationTests {
  @Test(arguments: [("org-1", "org-1", 1), ("org-1", "org-2", 0)])
  func `accounts of one organisation are told once`(
    first: String,
    second: String,
    warnings: Int
  ) throws {
    let folder = try Scratch()
    let provider = try Provider(
      ["--account", "a=key-a,org=\(first)", "--account", "b=key-b,org=\(second)"]
        + ["--latency", "20ms"],
      in: folder
    )
    try folder.write("in.jsonl", prompts(0..<40))
    try folder.write(
      "job.yaml",
      """
      input: in.jsonl
      output: out.jsonl
      provider: anthropic
      model: any
      max_tokens: 64
      concurrency: 10
      accounts:
        - {name: a, keys: [env:KEY_A], endpoints: [\(provider.url)]}
        - {name: b, keys: [env:KEY_B], endpoints: [\(provider.url)]}
      """
    )
    let keys = ["KEY_A": "key-a", "KEY_B": "key-b"]
    let ending = try folder.nightjar(["run", "job.yaml"], environment: keys)
    #expect(ending.status == 0, "\(ending.errors)")
    let told = ending.errors.components(separatedBy: "belong to one organisation").count - 1
    #expect(told == warnings, "\(ending.errors)")
  }
}

extension Scratch {
  /// What `status --json` says of an account.
  struct AccountStatus: Decodable {
    let name: String
    let state: String
    let reason: String
    let complaints: [String]
  }

  private struct Status: Decodable {
    let accounts: [AccountStatus]
  }

  /// The only account of the run, as soon as its state is this; nil where that takes half a minute.
  func account(whoseStateIs state: String) throws -> AccountStatus? {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      let line = try nightjar(["status", "out.jsonl", "--json"]).output
      let accounts = try JSONDecoder().decode(Status.self, from: Data(line.utf8)).accounts
      if let account = accounts.first, account.state == state { return account }
    }
    return nil
  }
}
