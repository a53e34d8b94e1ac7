import TestSupport
import Testing
import Transport

/// A response that is not whole is an error, never a result.
@Suite(.timeLimit(.minutes(10)))
struct DamagedResponseTests {
  struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: TransportError.Code
    let response: String
    var reset = false
  }

  private static let pad = String(repeating: "x", count: 1_000)

  static let damages = [
    Damage(
      testDescription: "a body shorter than its Content-Length",
      code: .truncated,
      response: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"
    ),
    Damage(
      testDescription: "a reset in mid-body",
      code: .connectionLost,
      response: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
      reset: true
    ),
    Damage(
      testDescription: "a chunked body that is cut",
      code: .truncated,
      response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"
    ),
    Damage(
      testDescription: "a chunk size that is not a number",
      code: .connectionLost,
      response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nshort\r\n0\r\n\r\n"
    ),
    Damage(
      testDescription: "a damaged gzip body",
      code: .protocolError,
      response: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip"
    ),
    Damage(
      testDescription: "headers that are cut",
      code: .truncated,
      response: "HTTP/1.1 200 OK\r\nContent-Le"
    ),
    Damage(
      testDescription: "a head without end",
      code: .protocolError,
      response: "HTTP/1.1 200 OK\r\n" + String(repeating: "X-Pad: \(pad)\r\n", count: 400)
    ),
    Damage(
      testDescription: "something that is not HTTP",
      code: .protocolError,
      response: "SSH-2.0-OpenSSH_9.2\r\n"
    ),
    Damage(
      testDescription: "nothing",
      code: .connectionLost,
      response: ""
    ),
  ]

  @Test(arguments: damages)
  func `is an error`(_ damage: Damage) async throws {
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write(damage.response)
      if damage.reset { connection.reset() }
    }
    defer { server.stop() }
    try await withTransport { transport in
      let error = try #require(await transport.failure(of: .get(server.url)))
      #expect(error.code == damage.code, "\(error)")
      #expect(error.requestMayHaveLeft)
    }
  }

  @Test func `tells what had come, once its head was whole`() async throws {
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write("HTTP/1.1 400 No\r\nContent-Length: 100\r\n\r\nshort")
    }
    defer { server.stop() }
    try await withTransport { transport in
      let error = try #require(await transport.failure(of: .get(server.url)))
      #expect(error.partial?.status == 400)
      #expect(error.partial?.body == Array("short".utf8))
    }
  }

  @Test func `has a body that is read although its encoding is none, once`() async throws {
    let server = try RawServer { connection in
      for encoding in ["utf-8", "gzip"] {
        connection.readRequest()
        connection.write(
          "HTTP/1.1 200 OK\r\nContent-Encoding: \(encoding)\r\nContent-Length: 5\r\n\r\nplain"
        )
      }
    }
    defer { server.stop() }
    try await withTransport { transport in
      #expect(try await transport.send(.get(server.url)).text == "plain")
      let error = try #require(await transport.failure(of: .get(server.url)))
      #expect(error.code == .protocolError)
    }
  }

  @Test(arguments: [(400, 1 << 20), (200, 3_000_000)])
  func `is kept up to a megabyte where it is an error`(_ status: Int, _ kept: Int) async throws {
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write("HTTP/1.1 \(status) X\r\nContent-Length: 3000000\r\n\r\n")
      connection.write([UInt8](repeating: 65, count: 3_000_000))
    }
    defer { server.stop() }
    try await withTransport { transport in
      let response = try await transport.send(.get(server.url))
      #expect(response.status == status)
      #expect(response.body.count == kept)
    }
  }

  @Test(arguments: ["Content-Length: 100000000\r\n", ""])
  func `stops at a body larger than the limit`(_ field: String) async throws {
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\n\(field)\r\n")
      connection.write([UInt8](repeating: 65, count: 100_000_000))
    }
    defer { server.stop() }
    try await withTransport(.init(maxResponseBytes: 1_000_000)) { transport in
      let error = try #require(await transport.failure(of: .get(server.url)))
      #expect(error.code == .tooLarge)
      #expect(error.message.contains("1000000"))
    }
  }

  @Test func `of any size is a refusal where its status is one`() async throws {
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write("HTTP/1.1 400 No\r\nContent-Length: 100000000\r\n\r\n")
    }
    defer { server.stop() }
    try await withTransport(.init(maxResponseBytes: 1_000_000)) { transport in
      let error = try #require(await transport.failure(of: .get(server.url)))
      #expect(error.partial?.status == 400)
    }
  }

  @Test func `reads headers that arrive byte by byte`() async throws {
    let server = try RawServer { connection in
      connection.readRequest()
      let response = "HTTP/1.1 200 OK\r\nX-Slow: yes\r\nContent-Length: 2\r\n\r\nok"
      for byte in response.utf8 { connection.write([byte]) }
      connection.waitForClose()
    }
    defer { server.stop() }
    try await withTransport { transport in
      let response = try await transport.send(.get(server.url))
      #expect(response.text == "ok")
      #expect(response.header("x-slow") == "yes")
    }
  }

  @Test(arguments: [
    ("", true), ("\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}\u{A}", true), ("HTTP/1.1 200 OK\r\n", false),
  ])
  func `that is no HTTP at all may be that of a server that wants TLS`(
    _ said: String,
    _ isTold: Bool
  ) async throws {
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write(said)
    }
    defer { server.stop() }
    try await withTransport { transport in
      let error = try #require(await transport.failure(of: .get(server.url)))
      #expect(error.message.contains("https://") == isTold, "\(error.message)")
    }
  }
}
