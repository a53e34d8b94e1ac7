import Jobs
import Runner
import Testing

@Suite struct `An endpoint in a region that is not allowed` {
  @Test func `gets nothing, even if it was planned for`() async throws {
    var batch = try TestBatch(0..<20)
    batch.endpoints = [
      try Endpoint("https://a.example.com", region: "us"), Anthropic.defaultEndpoint,
    ]
    batch.regions = AllowedRegions(["eu"])
    let client = ScriptedClient()
    let report = try await batch.execute(client)
    #expect(client.sent.isEmpty)
    #expect(report.why == "unavailable")
    #expect(report.summary.pending == 20)
  }
}
