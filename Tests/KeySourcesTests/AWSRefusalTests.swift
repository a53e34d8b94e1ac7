import KeySources
import Synchronization
import Testing
import Transport

/// Errors that moto does not play, as AWS documents them.
struct AWSRefusalTests {
  /// A client whose answers are written down, and that counts how often it is asked.
  private final class CannedClient: HTTPClient {
    private let answer: HTTPResponse
    private let asked = Mutex(0)

    init(_ answer: HTTPResponse) {
      self.answer = answer
    }

    var requests: Int { asked.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
      asked.withLock { $0 += 1 }
      return answer
    }
  }

  private func caller(_ client: CannedClient) -> AWSCaller {
    let environment = [
      "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "key", "AWS_REGION": "eu-west-1",
      "AWS_SESSION_TOKEN": "token-of-the-session",
    ]
    return AWSCaller(environment: environment, client: client)
  }

  @Test(arguments: ["SignatureDoesNotMatch", "token-of-the-session"])
  func `the session token that AWS quotes is not shown`(code: String) async throws {
    let quote =
      "The canonical string should have been 'POST\\nx-amz-security-token:token-of-the-session'"
    let body = #"{"__type":"\#(code)","message":"\#(quote)"}"#
    let client = CannedClient(HTTPResponse(status: 403, body: Array(body.utf8)))
    let error = try await caller(client).failure("llm")
    #expect(error.kind == .denied)
    #expect(error.description.contains("x-amz-security-token:<redacted>"))
    #expect(!error.description.contains("token-of-the-session"))
  }

  @Test(arguments: [
    (400, "ResourceNotFoundException", "no such", KeySourceError.Kind.gone),
    (400, "com.amazonaws#ResourceNotFoundException", "no such", .gone),
    (400, "InvalidRequestException", "it was marked for deletion", .gone),
    (400, "InvalidRequestException", "it is managed by another service", .denied),
    (400, "InvalidParameterException", "bad id", .denied),
    (400, "AccessDeniedException", "not authorized", .denied),
    (400, "DecryptionFailure", "no KMS key", .denied),
    (400, "ThrottlingException", "Rate exceeded", .unavailable),
    (400, "RequestLimitExceeded", "Rate exceeded", .unavailable),
    (500, "InternalServiceError", "oops", .unavailable),
    (503, "", "", .unavailable), (404, "", "", .denied), (301, "", "", .denied),
  ])
  func `the code decides, and else the status`(
    status: Int,
    code: String,
    message: String,
    kind: KeySourceError.Kind
  ) async throws {
    let json = #"{"__type":"\#(code)","Message":"\#(message)"}"#
    let body = code.isEmpty ? "<html>no JSON</html>" : json
    let client = CannedClient(HTTPResponse(status: status, body: Array(body.utf8)))
    let error = try await caller(client).failure("llm")
    #expect(error.kind == kind)
    #expect(error.description.contains("aws-sm:llm"))
    #expect(error.description.contains(message))
    #expect(client.requests == 1)
  }

  @Test(arguments: [
    "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException",
  ])
  func `credentials that are not accepted are looked up once more`(code: String) async throws {
    let body = Array(#"{"__type":"\#(code)","message":"no"}"#.utf8)
    let client = CannedClient(HTTPResponse(status: 400, body: body))
    let error = try await caller(client).failure("llm")
    #expect(error.kind == .denied)
    #expect(client.requests == 2)
  }

  @Test func `a wrong clock is called by its name`() async throws {
    let message = "Signature expired: 20261123T100000Z is now earlier than 20261123T110000Z"
    let body = Array(#"{"__type":"InvalidSignatureException","message":"\#(message)"}"#.utf8)
    let client = CannedClient(HTTPResponse(status: 400, body: body))
    let error = try await caller(client).failure("llm")
    #expect(error.description.contains("the clock of this machine is wrong"))
    #expect(error.description.contains(message))
  }

  @Test func `an answer that is none is an outage, and an empty secret is denied`() async throws {
    let page = CannedClient(HTTPResponse(status: 200, body: Array("<html>".utf8)))
    #expect(try await caller(page).failure("llm").kind == .unavailable)
    let empty = CannedClient(HTTPResponse(status: 200, body: Array(#"{"VersionId":"1"}"#.utf8)))
    #expect(try await caller(empty).failure("llm").kind == .denied)
  }

  @Test func `without a region there is nobody to ask`() async throws {
    let client = CannedClient(HTTPResponse(status: 200))
    var caller = caller(client)
    caller.environment["AWS_REGION"] = nil
    let error = try await caller.failure("llm")
    #expect(error.kind == .usage)
    #expect(error.description.contains("set AWS_REGION"))
    #expect(client.requests == 0)
  }
}
