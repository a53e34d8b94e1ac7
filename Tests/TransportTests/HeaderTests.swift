import Secrets
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(10)))
struct HeaderTests {
  @Test func `fields and credential go over the wire as given`() async throws {
    let server = try RawServer { $0.answerAll("ok") }
    defer { server.stop() }
    let headers = try RequestHeaders(
      [("User-Agent", "nightjar/1"), ("X-Empty", "")],
      credential: secret("sk-test-123"),
      name: "Authorization",
      prefix: "Bearer "
    )
    try await withTransport { transport in
      _ = try await transport.send(HTTPRequest(url: server.url, headers: headers, body: [33]))
    }
    let lines = server.requests.joined().split(separator: "\r\n")
    #expect(lines.contains("Authorization: Bearer sk-test-123"))
    #expect(lines.contains("User-Agent: nightjar/1"))
    #expect(lines.contains("X-Empty:"))
    #expect(lines.contains("Content-Length: 1"))
    #expect(lines.last == "!")
  }

  @Test func `a large body is sent without waiting for permission`() async throws {
    let server = try RawServer { $0.answerAll("ok") }
    defer { server.stop() }
    let body = [UInt8](repeating: 65, count: 3_000_000)
    try await withTransport { transport in
      let request = HTTPRequest(url: server.url, headers: try RequestHeaders(), body: body[...])
      let response = try await transport.send(request)
      #expect(response.text == "ok")
    }
    #expect(server.requests.first?.contains("Expect") == false)
    #expect(server.requests.first?.utf8.suffix(body.count).allSatisfy { $0 == 65 } == true)
  }

  @Test func `an empty body is a POST without content`() async throws {
    let server = try RawServer { $0.answerAll("ok") }
    defer { server.stop() }
    try await withTransport { transport in
      _ = try await transport.send(.post(server.url, ""))
    }
    #expect(server.requests.first?.hasPrefix("POST / HTTP/1.1") == true)
    #expect(server.requests.first?.contains("Content-Length: 0\r\n") == true)
  }

  @Test(arguments: ["line\r\nX-Injected: yes", "nul\0byte", "bell\u{7}"])
  func `a value that could start another field is refused`(_ value: String) {
    #expect(throws: TransportError.self) { try RequestHeaders([("X-Name", value)]) }
    let error = #expect(throws: TransportError.self) {
      try RequestHeaders([], credential: secret(value), name: "x-api-key")
    }
    #expect(error?.code == .invalidRequest)
    #expect(error?.message.contains("x-api-key") == true)
    #expect(error?.message.contains(value) == false)
  }

  @Test(arguments: ["", "two words", "colon:", "é"])
  func `a name that is not a token is refused`(_ name: String) {
    #expect(throws: TransportError.self) { try RequestHeaders([(name, "value")]) }
  }

  @Test func `response fields are found whatever their case`() {
    let response = HTTPResponse(
      status: 200,
      headers: [("Retry-After", " 7\t"), ("retry-after-ms", "7000"), ("X-Empty", "")]
    )
    #expect(response.header("retry-after") == "7")
    #expect(response.header("RETRY-AFTER-MS") == "7000")
    #expect(response.header("x-empty") == "")
    #expect(response.header("retry") == nil)
    #expect(response.header("7") == nil)
  }

  @Test func `only the final response's fields count`() async throws {
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write("HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")
      connection.answer("ok")
      connection.waitForClose()
    }
    defer { server.stop() }
    try await withTransport { transport in
      let response = try await transport.send(.get(server.url))
      #expect(response.status == 200)
      #expect(response.header("x-early") == nil)
      #expect(response.header("content-length") == "2")
    }
  }

  private func secret(_ text: String) -> Secret {
    Secret(copying: text.utf8.span)
  }
}
