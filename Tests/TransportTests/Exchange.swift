import TestSupport
import Transport

/// Runs a test with a transport, and shuts the transport down afterwards.
func withTransport<Result>(
  _ configuration: CurlTransport.Configuration = .init(),
  _ body: (CurlTransport) async throws -> Result
) async throws -> Result {
  let transport = try CurlTransport(configuration)
  do {
    let result = try await body(transport)
    await transport.shutdown()
    return result
  } catch {
    await transport.shutdown()
    throw error
  }
}

extension HTTPRequest {
  static func get(_ url: String, deadlines: Deadlines = .short) throws -> HTTPRequest {
    HTTPRequest(method: .get, url: url, headers: try RequestHeaders(), deadlines: deadlines)
  }

  static func post(_ url: String, _ body: String) throws -> HTTPRequest {
    HTTPRequest(
      url: url,
      headers: try RequestHeaders([("Content-Type", "text/plain")]),
      body: Array(body.utf8)[...],
      deadlines: .short
    )
  }
}

extension Deadlines {
  /// Long enough for a busy machine, short enough for a test that would otherwise hang.
  static let short = Deadlines(
    connect: .seconds(20),
    firstByte: .seconds(20),
    stall: .seconds(20),
    total: .seconds(30)
  )
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}

extension HTTPClient {
  /// The error of a request that must not succeed.
  func failure(of request: HTTPRequest) async -> TransportError? {
    do throws(TransportError) {
      _ = try await send(request)
      return nil
    } catch {
      return error
    }
  }
}

extension RawConnection {
  /// Answers every request on the connection with this text.
  func answerAll(_ text: String) {
    while readRequest() != nil { answer(text) }
  }

  func answer(_ text: String) {
    write("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
  }
}
