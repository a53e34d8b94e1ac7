import Runner
import Testing
import Transport

@Suite struct `Exits` {
  @Test(
    arguments: [
      (.resolve, .retry), (.connect, .retry), (.tls, .retry), (.connectTimeout, .retry),
      (.firstByteTimeout, .retry), (.stall, .retry), (.totalTimeout, .retry),
      (.connectionLost, .retry), (.truncated, .retry), (.protocolError, .retry), (.tooLarge, .fail),
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

  @Test func `a refusal is bounded`() {
    let refusal = Refusal(
      status: 400,
      code: String(repeating: "c ", count: 500),
      message: String(repeating: "m ", count: 5_000)
    )
    #expect(refusal.message.count == 1_000)
    #expect(refusal.code.count == 100)
  }

  @Test(arguments: [
    ("key sk-ant-api03-abcdefgh_ijkl-mnop refused", "key [key] refused"),
    ("(AIzaSyA1234567890abcdefg)", "([key])"),
    ("token ghp0123456789012345678901234567890123456789.", "token [key]."),
    ("request req_011CSHoEeqs5C35K2UUqR7Fy failed", "request req_011CSHoEeqs5C35K2UUqR7Fy failed"),
    ("a sk-8 screw", "a sk-8 screw"),
  ])
  func `words that look like keys are blotted out`(_ text: String, _ shown: String) {
    #expect(Refusal(status: nil, code: "x", message: text).message == shown)
  }

  @Test func `providers are made by name`() throws {
    #expect(try makeProvider(named: "anthropic").name == "anthropic")
    #expect(try makeProvider(named: "openai", api: "embeddings").name == "openai")
    #expect(throws: ProviderError.self) { try makeProvider(named: "openai", api: "chats") }
    #expect(throws: ProviderError.self) { try makeProvider(named: "anthropic", api: "chat") }
    #expect(throws: ProviderError.self) { try makeProvider(named: "antropic") }
  }
}
