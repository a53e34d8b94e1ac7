import Runner
import Secrets
import Testing
import Transport

@Suite struct `Exits` {
  @Test(
    arguments: [
      (.resolve, .retry), (.connect, .retry), (.tls, .retry), (.connectTimeout, .retry),
      (.firstByteTimeout, .retry), (.stall, .retry), (.totalTimeout, .retry),
      (.connectionLost, .retry), (.truncated, .retry), (.protocolError, .retry),
      (.proxyRefused, .retry), (.handshake, .retry), (.untrusted, .retry), (.deadPath, .retry),
      (.invalidRequest, .fail),
    ] as [(TransportError.Code, ResponseFixture.Exit)]
  )
  func `a lost connection is tried again`(
    _ code: TransportError.Code,
    _ exit: ResponseFixture.Exit
  ) {
    let outcome = Outcome(TransportError(code, "the reason"))
    #expect(outcome.exit == exit)
    #expect(outcome.refusal == Refusal(status: nil, code: "\(code)", message: "the reason"))
  }

  @Test func `an answer that is too large fails its job and says what to do`() {
    let outcome = Outcome(TransportError(.tooLarge, "the reason", requestMayHaveLeft: true))
    #expect(outcome.exit == .fail)
    #expect(outcome.refusal?.code == "answer_too_large")
    #expect(outcome.refusal?.message.hasPrefix("the reason; ask for less in one request") == true)
  }

  @Test func `a refusal is bounded`() {
    let refusal = Refusal(
      status: 400,
      code: String(repeating: "c ", count: 500),
      message: String(repeating: "m ", count: 5_000)
    )
    #expect(refusal.message.utf8.count == 1_000)
    #expect(refusal.code.utf8.count == 100)
  }

  @Test func `a refusal repeats no key`() {
    let refusal = Refusal(
      status: 401,
      code: "sk-ant-api03-abcdefgh_ijkl-mnop",
      message: "key sk-ant-api03-abcdefgh_ijkl-mnop refused"
    )
    #expect(refusal.message == "key \(Scrubber.replacement) refused")
    #expect(refusal.code == Scrubber.replacement)
  }

  @Test func `providers are made by name`() throws {
    #expect(try makeProvider(named: "anthropic").name == "anthropic")
    #expect(try makeProvider(named: "openai", api: "embeddings").name == "openai")
    #expect(throws: ProviderError.self) { try makeProvider(named: "openai", api: "chats") }
    #expect(throws: ProviderError.self) { try makeProvider(named: "anthropic", api: "chat") }
    #expect(throws: ProviderError.self) { try makeProvider(named: "antropic") }
  }
}
