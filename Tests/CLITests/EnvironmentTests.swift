import Foundation
import TestSupport
import Testing

/// What the environment could make a program give away.
struct EnvironmentTests {
  @Test(.enabled(if: NginxServer.isInstalled, "needs nginx and openssl"))
  func `no variable makes it log TLS keys, load a configuration or use a proxy`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let nginx = try NginxServer(locations: "location / { proxy_pass \(provider.url); }")
    let trap = try RawServer { $0.waitForClose() }
    defer { trap.stop() }
    try folder.write("in.jsonl", prompts(0..<20))
    // Whoever obeys it has no cryptography, and no connections.
    try folder.write(
      "openssl.cnf",
      "openssl_conf = a\n[a]\nproviders = b\n[b]\nnull = c\n[c]\nactivate = 1\n"
    )
    var environment = [
      "SSLKEYLOGFILE": folder.path(of: "tls-keys"), "OPENSSL_CONF": folder.path(of: "openssl.cnf"),
    ]
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
      environment[name] = trap.url
    }
    let ending = try folder.nightjar(
      [
        "run", "in.jsonl", "-o", "out.jsonl", "--base-url", nginx.tlsURL, "--ca-file", nginx.caFile,
        "--provider", "anthropic", "--model", "any", "--max-tokens", "64", "--key",
        "env:REHEARSAL", "--give-up-after", "5",
      ],
      environment: environment
    )
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(!folder.exists("tls-keys"))
    #expect(trap.connectionCount == 0)
  }

  @Test func `the address that a provider's own library would take is taken`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<2))
    let run = [
      "run", "in.jsonl", "-o", "out.jsonl", "--provider", "anthropic", "--model", "any",
      "--max-tokens", "64", "--key", "env:REHEARSAL",
    ]
    let ending = try folder.nightjar(run, environment: ["ANTHROPIC_BASE_URL": provider.url])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(provider.requests.count == 2)
    let wrong = try folder.nightjar(run, environment: ["ANTHROPIC_BASE_URL": "nowhere"])
    #expect(wrong.status == 64 && wrong.errors.contains("ANTHROPIC_BASE_URL"), "\(wrong.errors)")
  }
}
