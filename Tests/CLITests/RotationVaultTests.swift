import Foundation
import TestSupport
import Testing

/// Keys in a real OpenBao that are replaced, and an OpenBao that goes away, while a run is under
/// load: no job fails, and no attempt is charged.
@Suite(.enabled(if: OpenBaoServer.isInstalled, "needs bao and curl; scripts/setup installs them"))
struct RotationVaultTests {
  /// How a server stops answering, and comes back with all it knew.
  enum Outage: String, CaseIterable {
    case sealed
    case killed

    func begin(_ server: OpenBaoServer) throws {
      switch self {
      case .sealed: try server.seal()
      case .killed: server.kill()
      }
    }

    func end(_ server: OpenBaoServer) throws {
      switch self {
      case .sealed: try server.unseal()
      case .killed: try server.restart()
      }
    }
  }

  private func put(_ key: String, into server: OpenBaoServer) throws {
    try server.put("llm/anthropic", ["api_key": key])
  }

  /// Starts the run with a login that may read the key and nothing else.
  private func start(_ drill: RotationDrill, at server: OpenBaoServer) throws -> Program {
    try put(RotationDrill.key(1), into: server)
    try server.allowReading(
      ["secret/data/llm/anthropic", "secret/metadata/llm/anthropic"],
      as: "nightjar"
    )
    try server.enable("approle")
    let roleID = try server.createAppRole("nightjar", policies: ["nightjar"])
    try drill.folder.write("secret-id", try server.secretID(of: "nightjar"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600],
      ofItemAtPath: drill.folder.path(of: "secret-id")
    )
    try drill.folder.write("job.yaml", jobFile(server, roleID: roleID, provider: drill.provider))
    return try Program(["run", "job.yaml", "--json"], in: drill.folder)
  }

  private func jobFile(_ server: OpenBaoServer, roleID: String, provider: Provider) -> String {
    """
    input: in.jsonl
    output: out.jsonl
    provider: anthropic
    model: any
    max_tokens: 64
    concurrency: 50
    accounts:
      - name: main
        keys: [vault:secret/llm/anthropic#api_key]
        endpoints: [\(provider.url)]
    secrets:
      refresh: 0.2
      vault:
        addresses: [\(server.url)]
        auth: {method: approle, role_id: \(roleID), secret_id_file: secret-id}
    """
  }

  @Test(arguments: RotationTests.First.allCases)
  func `a key is replaced and revoked again and again`(first: RotationTests.First) throws {
    let (server, drill) = (try OpenBaoServer(), try RotationDrill(jobs: 8_000))
    let program = try start(drill, at: server)
    try drill.rotate(times: 8) { old, new in
      if first == .revocation { try drill.provider.revoke(old) }
      try drill.provider.add(new)
      try put(new, into: server)
      if first == .newKey { try drill.provider.revoke(old) }
    }
    try drill.expectNothingLost(program, keys: 9)
  }

  @Test(arguments: Outage.allCases)
  func `an outage is sat out with the last key`(outage: Outage) throws {
    let (server, drill) = (try OpenBaoServer(), try RotationDrill(jobs: 3_000))
    let program = try start(drill, at: server)
    try drill.waitForTurnover()
    try outage.begin(server)
    try drill.folder.wait(for: "the failure") { program.errors.contains("cannot read vault:") }
    try drill.waitForTurnover()
    try outage.end(server)
    let key = RotationDrill.key(2)
    try drill.provider.add(key)
    try put(key, into: server)
    try drill.provider.revoke(RotationDrill.key(1))
    try drill.expectNothingLost(program, keys: 2)
  }

  @Test(arguments: Outage.allCases)
  func `a key that is revoked in an outage waits for the store`(outage: Outage) throws {
    let (server, drill) = (try OpenBaoServer(), try RotationDrill(jobs: 1_000))
    let program = try start(drill, at: server)
    try drill.waitForTurnover()
    try outage.begin(server)
    try drill.provider.revoke(RotationDrill.key(1))
    try drill.folder.wait(for: "the event") { program.errors.contains("account main is parked") }
    let account = try #require(try drill.folder.account(whoseStateIs: "parked"))
    #expect(account.reason.contains("Vault cannot answer now"), "\(account.reason)")
    try outage.end(server)
    try drill.provider.add(RotationDrill.key(2))
    try put(RotationDrill.key(2), into: server)
    try drill.expectNothingLost(program, keys: 2)
  }
}
