import Foundation
import TestSupport
import Testing

/// The same for what opens Vault, and for the keys in it.
struct SecretCanaryVaultTests {
  private var run: CanaryRun
  private var folder: Scratch { run.folder }

  init() throws {
    run = try CanaryRun()
  }

  /// Lets a run log in in this way; gives the variables for it.
  private mutating func login(_ way: String) throws -> [String: String] {
    guard way != "token" else { return [:] }
    run.canaries.add(way, Canaries.random())
    try run.writePrivate("login", run.canaries[way] + "\n")
    run.kept["login"] = [way]
    let file = folder.path(of: "login")
    switch way {
    case "token file": return ["VAULT_TOKEN": "", "NIGHTJAR_VAULT_TOKEN_FILE": file]
    case "secret_id":
      return [
        "NIGHTJAR_VAULT_AUTH": "approle", "NIGHTJAR_VAULT_ROLE_ID": "a-role",
        "NIGHTJAR_VAULT_SECRET_ID_FILE": file,
      ]
    default:
      return [
        "NIGHTJAR_VAULT_AUTH": "jwt", "NIGHTJAR_VAULT_ROLE": "a-role",
        "NIGHTJAR_VAULT_JWT_FILE": file,
      ]
    }
  }

  private static let refusals = ["400", "403", "404", "500", "503", "garbage", "307", "closed"]

  @Test(arguments: ["token", "token file", "secret_id", "JWT"], refusals)
  mutating func `no refusal of Vault repeats what it was sent`(way: String, refusal: String) throws
  {
    let store = try Mirror.store(refusal)
    let variables = try login(way)
    try run.ask(["fine"])
    let address = refusal == "closed" ? "http://127.0.0.1:9" : store.address
    let ending = try run.ending(
      at: "http://127.0.0.1:9",
      key: "vault:secret/llm#key",
      variables.merging(["VAULT_ADDR": address]) { $1 }
    )
    #expect([69, 77].contains(ending.status), "\(ending.errors)")
    #expect(ending.errors.contains("127.0.0.1"), "\(ending.errors)")
    run.expectNoCanary()
    let secret = run.canaries[way == "token" ? "Vault token" : way]
    #expect(store.server.requests.contains { $0.contains(secret) } == (refusal != "closed"))
    #expect(store.elsewhere.connectionCount == 0)
  }

  @Test(
    .enabled(if: OpenBaoServer.isInstalled, "needs bao and curl; scripts/setup installs them")
  )
  mutating func `a key of a real OpenBao goes to the provider and nowhere else`() throws {
    let bao = try OpenBaoServer()
    defer { bao.stop() }
    try bao.put("llm", ["key": run.canaries["key"]])
    try bao.allowReading(["secret/data/llm", "secret/metadata/llm"], as: "llm")
    try bao.enable("approle")
    let role = try bao.createAppRole("run", policies: ["llm"])
    run.canaries.add("root token", bao.rootToken)
    run.canaries.add("secret_id", try bao.secretID(of: "run"))
    try run.writePrivate("login", run.canaries["secret_id"] + "\n")
    run.kept["login"] = ["secret_id"]
    let provider = try Mirror.provider()
    try run.ask(["fine", "500", "400", "garbage"])
    let ending = try run.ending(
      at: provider.url,
      key: "vault:secret/llm#key",
      [
        "VAULT_ADDR": bao.url, "NIGHTJAR_VAULT_AUTH": "approle", "NIGHTJAR_VAULT_ROLE_ID": role,
        "NIGHTJAR_VAULT_SECRET_ID_FILE": folder.path(of: "login"),
      ]
    )
    #expect(ending.status == 1, "\(ending.errors)")
    run.expectNoCanary()
    let sent = provider.server.requests.joined()
    #expect(sent.contains(run.canaries["key"]))
    #expect(!sent.contains(run.canaries["secret_id"]))
    #expect(!sent.lowercased().contains("x-vault"))
  }
}
