import Secrets
import TestSupport
import Testing
import Transport

/// A key is gone only when the connections that carried it are.
@Suite(.timeLimit(.minutes(10)))
struct CredentialTests {
  private func headers(_ key: String) throws -> RequestHeaders {
    try RequestHeaders([], credential: Secret(copying: key.utf8.span), name: "x-api-key")
  }

  private func request(_ url: String, _ headers: RequestHeaders) -> HTTPRequest {
    HTTPRequest(method: .get, url: url, headers: headers, deadlines: .short)
  }

  /// Answers each request with its connection's number, and tells when a connection is closed.
  private func countingServer() throws -> (RawServer, closed: AsyncStream<Int>) {
    let (closed, told) = AsyncStream.makeStream(of: Int.self)
    let server = try RawServer { connection in
      connection.answerAll("\(connection.number)")
      told.yield(connection.number)
    }
    return (server, closed)
  }

  @Test func `requests with different credentials never share a connection`() async throws {
    let (server, _) = try countingServer()
    defer { server.stop() }
    let keys = [try headers("A"), try headers("B"), try RequestHeaders()]
    try await withTransport { transport in
      for _ in 1...3 {
        var answers: [String] = []
        for key in keys {
          answers.append(try await transport.send(request(server.url, key)).text)
        }
        #expect(answers == ["1", "2", "3"])
      }
    }
  }

  @Test func `a retired key leaves no connection on any route`() async throws {
    let (server, closed) = try countingServer()
    defer { server.stop() }
    let key = try headers("A")
    try await withTransport { transport in
      for number in 1...3 {
        var request = request(server.url, key)
        request.route = RouteHandle(Route())
        let answer = try await transport.send(request).text
        #expect(answer == "\(number)")
      }
      key.retire()
      var gone: Set<Int> = []
      for await number in closed {
        gone.insert(number)
        if gone.count == 3 { break }
      }
      #expect(gone == [1, 2, 3])
    }
  }

  @Test func `the same key made twice is two credentials`() async throws {
    let (server, _) = try countingServer()
    defer { server.stop() }
    let keys = [try headers("A"), try headers("A")]
    try await withTransport { transport in
      for (number, key) in zip(["1", "2"], keys) {
        let answer = try await transport.send(request(server.url, key)).text
        #expect(answer == number)
      }
    }
  }

  @Test func `connections are closed when nobody can send with their credential any more`()
    async throws
  {
    let (server, closed) = try countingServer()
    defer { server.stop() }
    let kept = try headers("kept")
    try await withTransport { transport in
      #expect(try await transport.send(request(server.url, kept)).text == "1")
      for number in 2...30 {
        let answer = try await transport.send(request(server.url, headers("old"))).text
        #expect(answer == "\(number)")
        for await gone in closed.prefix(1) { #expect(gone == number) }
      }
      #expect(try await transport.send(request(server.url, kept)).text == "1")
    }
  }

  @Test func `a request under way is finished before its connection is closed`() async throws {
    let (arrived, tellArrived) = AsyncStream.makeStream(of: Void.self)
    let (closed, tellClosed) = AsyncStream.makeStream(of: Void.self)
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let server = try RawServer { connection in
      connection.readRequest()
      tellArrived.yield()
      Task {
        for await _ in gate.prefix(1) {}
        connection.answer("late")
      }
      connection.waitForClose()
      tellClosed.yield()
    }
    defer { server.stop() }
    try await withTransport { transport in
      async let response = transport.send(request(server.url, headers("old")))
      for await _ in arrived.prefix(1) {}
      open.yield()
      let text = try await response.text
      #expect(text == "late")
      for await _ in closed.prefix(1) {}
    }
    #expect(server.connectionCount == 1)
  }

  @Test func `a retired credential is finished with, and can still be sent`() async throws {
    let (arrived, tellArrived) = AsyncStream.makeStream(of: Int.self)
    let (closed, tellClosed) = AsyncStream.makeStream(of: Int.self)
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        tellArrived.yield(connection.number)
        Task {
          for await _ in gate.prefix(1) {}
          connection.answer("\(connection.number)")
        }
      }
      tellClosed.yield(connection.number)
    }
    defer { server.stop() }
    let key = try headers("old")
    try await withTransport { transport in
      async let first = transport.send(request(server.url, key))
      for await number in arrived.prefix(1) { #expect(number == 1) }
      key.retire()
      async let second = transport.send(request(server.url, key))
      for await number in arrived.prefix(1) { #expect(number == 2) }
      open.yield()
      open.yield()
      let texts = try await [first.text, second.text]
      #expect(texts == ["1", "2"])
      for await number in closed.prefix(1) { #expect(number == 1) }
      key.retire()
      for await number in closed.prefix(1) { #expect(number == 2) }
    }
  }

  @Test(
    .enabled(if: NginxServer.isInstalled, "needs nginx with its lua module, and openssl")
  )
  func `keys that change under load lose no request and leave no connection`() async throws {
    let server = try NginxServer(
      locations: """
        location /key { return 200 "$http_x_api_key $connection $server_protocol"; }
        location /open { stub_status; }
        """
    )
    try await withTransport(.init(caFile: server.caFile)) { transport in
      var connections: [Substring: Set<Substring>] = [:]
      for round in 1...20 {
        let key = try headers("key-\(round)")
        try await withThrowingTaskGroup { group in
          for _ in 1...250 {
            let request = request(server.tlsURL + "/key", key)
            group.addTask { try await transport.send(request).text }
          }
          for try await text in group {
            let words = text.split(separator: " ")
            #expect(words.first == "key-\(round)")
            #expect(words.last == "HTTP/2.0")
            connections[words[0], default: []].insert(words[1])
          }
        }
      }
      let all = connections.values.flatMap(\.self)
      #expect(connections.count == 20)
      #expect(all.count == Set(all).count, "a connection carried two keys")
      let last = try await transport.send(.get(server.tlsURL + "/open")).text
      // The last key's connections may still be closing.
      let active = last.split(separator: "\n").first?.split(separator: " ").last.flatMap { Int($0) }
      #expect(try #require(active) <= 12, "\(last)")
    }
  }

  @Test func `a response can be wiped`() {
    var response = HTTPResponse(status: 200, body: Array("secret".utf8))
    response.wipe()
    #expect(response.body.isEmpty)
    #expect(response.status == 200)
  }
}
