import Foundation
import TestSupport
import Testing

struct TLSTests {
  @Test(.enabled(if: NginxServer.isInstalled, "needs nginx and openssl"))
  func `a server is trusted by its authority and by nothing else`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let nginx = try NginxServer(locations: "location / { proxy_pass \(provider.url); }")
    try folder.write("in.jsonl", prompts(0..<50))
    let run = [
      "run", "in.jsonl", "-o", "out.jsonl", "--provider", "openai", "--model", "any", "--key",
      "env:REHEARSAL", "--base-url", nginx.tlsURL, "--json",
    ]
    let stranger = try folder.nightjar(run + ["--give-up-after", "0.1"])
    #expect(stranger.status == 69, "\(stranger.errors)")
    #expect(stranger.errors.contains("certificate"), "\(stranger.errors)")
    #expect(provider.requests.isEmpty)
    let ending = try folder.nightjar(run + ["--ca-file", nginx.caFile])
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<50)
  }
}
