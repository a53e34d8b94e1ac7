import Synchronization
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(10)))
struct ConcurrencyTests {
  @Test func `a cancelled task gets its error at once`() async throws {
    let (arrived, signal) = AsyncStream<Void>.makeStream()
    let server = try RawServer { connection in
      connection.readRequest()
      signal.yield()
      connection.waitForClose()
    }
    defer { server.stop() }
    try await withTransport { transport in
      let request = try HTTPRequest.get(server.url)
      let task = Task { await transport.failure(of: request) }
      await arrived.first { true }
      task.cancel()
      let error = try #require(await task.value)
      #expect(error.code == .cancelled)
      #expect(error.requestMayHaveLeft)
    }
  }

  @Test func `a task that is cancelled beforehand sends nothing`() async throws {
    let server = try RawServer { $0.answerAll("ok") }
    defer { server.stop() }
    try await withTransport { transport in
      let request = try HTTPRequest.get(server.url)
      let task = Task {
        unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
        return await transport.failure(of: request)
      }
      #expect(await task.value?.code == .cancelled)
    }
    #expect(server.requests.isEmpty)
  }

  @Test func `shutting down ends what is in flight and refuses what comes later`() async throws {
    let (arrived, signal) = AsyncStream<Void>.makeStream()
    let server = try RawServer { connection in
      connection.readRequest()
      signal.yield()
      connection.waitForClose()
    }
    defer { server.stop() }
    let transport = try CurlTransport()
    let request = try HTTPRequest.get(server.url)
    let codes = await withTaskGroup { group in
      for _ in 1...50 { group.addTask { await transport.failure(of: request)?.code } }
      var waiting = 0
      for await _ in arrived {
        waiting += 1
        if waiting == 50 { break }
      }
      await transport.shutdown()
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(codes == Array(repeating: .closed, count: 50))
    #expect(await transport.failure(of: request)?.code == .closed)
    await transport.shutdown()
  }

  @Test func `a transport that is dropped ends its threads and connections`() async throws {
    let (closed, signal) = AsyncStream<Void>.makeStream()
    let server = try RawServer { connection in
      connection.answerAll("ok")
      signal.yield()
    }
    defer { server.stop() }
    do {
      let transport = try CurlTransport()
      _ = try await transport.send(.get(server.url))
    }
    await closed.first { true }
  }

  @Test func `transfers beyond the limit wait their turn`() async throws {
    let server = try RawServer { $0.answerAll("ok") }
    defer { server.stop() }
    try await withTransport(.init(maxInFlight: 4)) { transport in
      let request = try HTTPRequest.get(server.url)
      try await withThrowingTaskGroup { group in
        for _ in 1...100 { group.addTask { try await transport.send(request).text } }
        for try await text in group { #expect(text == "ok") }
      }
    }
    #expect(server.connectionCount <= 4)
    #expect(server.requests.count == 100)
  }
}

struct FileLimitTests {
  @Test func `raises the limit no further than the system allows`() {
    #expect(FileLimit.raise(toHold: 100) == 100)
    let fits = FileLimit.raise(toHold: 1_000_000_000)
    #expect(fits >= 100)
    #expect(fits < 1_000_000_000)
  }
}
