import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(10)))
struct `An idle connection` {
  @Test func `is not used again once a NAT on the way may have forgotten it`() async throws {
    // Like a NAT that has forgotten it, the server lets everything vanish on a connection that it
    // has answered once.
    let server = try RawServer { connection in
      connection.readRequest()
      connection.answer("\(connection.number)")
      connection.waitForClose()
    }
    let silent = try RawServer { $0.waitForClose() }
    defer {
      server.stop()
      silent.stop()
    }
    let configuration = CurlTransport.Configuration(maxIdle: .seconds(1))
    try await withTransport(configuration) { transport in
      #expect(try await transport.send(.get(server.url)).text == "1")
      // Time passes where libcurl can see it: until the deadline of a request that nobody answers.
      var request = try HTTPRequest.get(silent.url)
      request.deadlines.total = .milliseconds(2_100)
      #expect(await transport.failure(of: request)?.code == .totalTimeout)
      #expect(try await transport.send(.get(server.url)).text == "2")
    }
  }

  @Test func `is used for less time than the shortest that NATs are known to remember`() {
    #expect(CurlTransport.Configuration().maxIdle < .seconds(60))
  }
}
