import JSON
import Jobs
import Runner
import Testing
import Transport

/// A provider that no other file knows, whose requests name the model in their path.
private struct Oracle: Provider {
  static let name = "oracle"
  static let remark: String? = nil
  static let defaultEndpoint = Anthropic.defaultEndpoint
  static let keyVariable = "ORACLE_KEY"
  static let apis = ["ask"]

  init(api: String, endpoints: [Endpoint]) {}

  var headers: [(name: String, value: String)] { [("content-type", "application/json")] }
  var credentialHeader: CredentialHeader { CredentialHeader(name: "x-oracle", prefix: "") }
  var requiresMaxTokens: Bool { false }
  var charges: ChargeModel { ChargeModel(output: .input) }
  var countsCacheInInput: Bool { true }

  func organisation(of response: HTTPResponse) -> String? { nil }
  func requestID(of response: HTTPResponse) -> String? { response.header("oracle-id") }

  func request(for payload: Payload) throws(ProviderError) -> ProviderRequest {
    guard case .prompt(let prompt) = payload else {
      throw ProviderError("the oracle takes plain prompts only")
    }
    var body: [UInt8] = []
    body.appendRaw(#"{"messages":[{"content":"#)
    body.appendJSON(prompt.text)
    body.appendRaw("}]}")
    return ProviderRequest(path: "/ask/", model: prompt.model, "/now", body: body[...])
  }

  func outcome(of response: HTTPResponse, path: String, at unixTime: Double) -> Outcome {
    response.status == 200
      ? .completed(Completion(Usage(inputTokens: 1)))
      : .fail(Refusal(status: response.status, code: "no", message: "no"))
  }
}

@Suite struct `A provider of one file` {
  @Test func `runs a batch`() async throws {
    var batch = try TestBatch(0..<5)
    batch.provider = Oracle(api: "ask", endpoints: [])
    let client = ScriptedClient { sent, _ in
      let status = sent.prompt == "job-3" ? 404 : 200
      return .reply(
        HTTPResponse(status: status, headers: [("oracle-id", "o-1")], body: Array("{}".utf8))
      )
    }
    let report = try await batch.execute(client)
    #expect(report.why == "finished" && report.summary.inputTokens == 4)
    #expect(try batch.failed == ["job-3"])
    #expect(client.sent.allSatisfy { $0.url.hasSuffix("/ask/test/now") })
    #expect(try batch.folder.read("out.jsonl").contains(#""request_id":"o-1""#))
  }

  @Test func `is complete without its line in the list, which all others have`() throws {
    #expect(Set(providers.map { $0.name }).count == providers.count)
    for kind in providers {
      let provider = try makeProvider(named: kind.name)
      #expect(provider.name == kind.name && !kind.apis.isEmpty)
      #expect(providerChoice.contains(kind.name))
    }
  }
}
