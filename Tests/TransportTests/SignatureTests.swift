import Secrets
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(10)))
struct SignatureTests {
  @Test func `a signature covers every field that is sent, and is not left behind`() async throws {
    let server = try RawServer { $0.answerAll("ok") }
    defer { server.stop() }
    try await withTransport(.init(maxInFlight: 1)) { transport in
      var request = HTTPRequest(
        url: server.url,
        headers: try RequestHeaders(
          [("Content-Type", "application/x-amz-json-1.1")],
          credential: secret("session"),
          name: "X-Amz-Security-Token"
        ),
        body: Array("{}".utf8)[...]
      )
      request.signature = try signature()
      _ = try await transport.send(request)
      request.signature = nil
      _ = try await transport.send(request)
    }
    let requests = server.requests
    #expect(server.connectionCount == 1)
    #expect(requests.count == 2)
    let authorization = requests[0].split(separator: "\r\n").first { $0.hasPrefix("Authorization") }
    let words = try #require(authorization)
    #expect(words.contains("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"))
    #expect(words.contains("/eu-central-1/secretsmanager/aws4_request"))
    let fields = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"
    #expect(words.contains(fields))
    #expect(!requests[1].contains("Authorization"))
    #expect(!requests.joined().contains("very-secret"))
  }

  @Test(arguments: [("", "key", "secret"), ("Eu Central", "key", "secret"), ("eu", "", "secret")])
  func `what cannot be signed with is refused`(region: String, id: String, key: String) {
    let error = #expect(throws: TransportError.self) {
      try AWSSignature(region: region, service: "s", accessKeyID: id, secretKey: secret(key))
    }
    #expect(error?.code == .invalidRequest)
  }

  @Test(arguments: ["", "very-secret\n", "nul\0byte"])
  func `a secret key that is none is refused and not shown`(key: String) {
    let error = #expect(throws: TransportError.self) {
      try AWSSignature(region: "eu", service: "s", accessKeyID: "id", secretKey: secret(key))
    }
    #expect(error?.code == .invalidRequest)
    #expect(error?.message.contains("very-secret") == false)
  }

  private func signature() throws -> AWSSignature {
    try AWSSignature(
      region: "eu-central-1",
      service: "secretsmanager",
      accessKeyID: "AKIDEXAMPLE",
      secretKey: secret("very-secret")
    )
  }

  private func secret(_ text: String) -> Secret {
    Secret(copying: text.utf8.span)
  }
}
