import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(10)))
struct DeadlineTests {
  private static let ample = Deadlines(
    connect: .seconds(60),
    firstByte: .seconds(60),
    stall: .seconds(60),
    total: .seconds(60)
  )

  @Test func `connect ends a TLS handshake that is never answered`() async throws {
    var deadlines = Self.ample
    deadlines.connect = .milliseconds(80)
    let server = try RawServer { $0.waitForClose() }
    defer { server.stop() }
    let error = try await failure("https://127.0.0.1:\(server.port)/", deadlines)
    #expect(error.code == .connectTimeout)
    #expect(error.message.contains("TLS"), "\(error.message)")
    #expect(!error.requestMayHaveLeft)
  }

  @Test func `first byte ends a request that is never answered`() async throws {
    var deadlines = Self.ample
    deadlines.firstByte = .milliseconds(80)
    let server = try RawServer { $0.waitForClose() }
    defer { server.stop() }
    let error = try await failure(server.url, deadlines)
    #expect(error.code == .firstByteTimeout)
    #expect(error.requestMayHaveLeft)
  }

  @Test func `stall ends a response that stops arriving`() async throws {
    var deadlines = Self.ample
    deadlines.stall = .milliseconds(80)
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst bytes")
      connection.waitForClose()
    }
    defer { server.stop() }
    let error = try await failure(server.url, deadlines)
    #expect(error.code == .stall)
    #expect(error.requestMayHaveLeft)
  }

  @Test func `total ends a response that never stops arriving`() async throws {
    var deadlines = Self.ample
    deadlines.total = .milliseconds(200)
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      while connection.write("1\r\nx\r\n") {}
    }
    defer { server.stop() }
    let error = try await failure(server.url, deadlines)
    #expect(error.code == .totalTimeout)
    #expect(error.requestMayHaveLeft)
  }

  @Test func `a connection whose transfer ran out of time is not used again`() async throws {
    let server = try RawServer { connection in
      connection.readRequest()
      guard connection.number > 1 else { return connection.waitForClose() }
      connection.answer("\(connection.number)")
      connection.answerAll("\(connection.number)")
    }
    defer { server.stop() }
    var deadlines = Self.ample
    deadlines.firstByte = .milliseconds(80)
    try await withTransport { transport in
      let late = try HTTPRequest.get(server.url, deadlines: deadlines)
      #expect(await transport.failure(of: late) != nil)
      let response = try await transport.send(.get(server.url))
      #expect(response.text == "2")
    }
  }

  private func failure(_ url: String, _ deadlines: Deadlines) async throws -> TransportError {
    try await withTransport { transport in
      try #require(await transport.failure(of: .get(url, deadlines: deadlines)))
    }
  }
}

struct DeadlineWatchTests {
  private let start = ContinuousClock.now
  private let deadlines = Deadlines(
    connect: .seconds(10),
    firstByte: .seconds(100),
    stall: .seconds(20),
    total: .seconds(300)
  )

  @Test func `each phase has its own deadline`() {
    var watch = DeadlineWatch(deadlines, startedAt: start)
    func sample(_ sent: Int, _ received: Int, at seconds: Int) -> TransportError.Code? {
      watch.sample(
        requestsSent: sent,
        bytesReceived: received,
        isArriving: received > 0,
        at: start + .seconds(seconds)
      )
    }
    #expect(sample(0, 0, at: 9) == nil)
    #expect(sample(0, 0, at: 10) == .connectTimeout)
    #expect(sample(1, 0, at: 11) == nil)
    #expect(sample(1, 0, at: 110) == nil)
    #expect(sample(1, 0, at: 111) == .firstByteTimeout)
    #expect(sample(1, 5, at: 112) == nil)
    #expect(sample(1, 5, at: 131) == nil)
    #expect(sample(1, 5, at: 132) == .stall)
    #expect(sample(1, 6, at: 133) == nil)
    #expect(sample(1, 7, at: 300) == .totalTimeout)
  }

  @Test func `a request that is sent again starts waiting for its first byte anew`() {
    var watch = DeadlineWatch(deadlines, startedAt: start)
    _ = watch.sample(requestsSent: 1, bytesReceived: 0, isArriving: false, at: start)
    _ = watch.sample(requestsSent: 2, bytesReceived: 0, isArriving: false, at: start + .seconds(99))
    let late = start + .seconds(150)
    #expect(watch.sample(requestsSent: 2, bytesReceived: 0, isArriving: false, at: late) == nil)
  }

  @Test(arguments: [(1, 10), (80, 20), (1000, 250), (60_000, 1000)])
  func `is sampled four times per deadline, within bounds`(_ shortest: Int, _ interval: Int) {
    var deadlines = deadlines
    deadlines.stall = .milliseconds(shortest)
    deadlines.connect = .seconds(100)
    #expect(deadlines.samplingInterval == .milliseconds(interval))
  }
}

struct StartGateTests {
  private let start = ContinuousClock.now

  @Test func `lets a bounded number connect at once`() {
    var gate = StartGate()
    #expect(gate.room(at: start) { _ in true } == StartGate.width)
    for id in 0..<UInt64(StartGate.width) { gate.enter(id, at: start) }
    #expect(gate.room(at: start) { _ in true } == 0)
    #expect(gate.room(at: start) { $0 != 7 } == 1)
  }

  @Test func `an endpoint that does not answer holds others back only for a while`() {
    var gate = StartGate()
    for id in 0..<UInt64(StartGate.width) { gate.enter(id, at: start) }
    let later = start + StartGate.patience + .milliseconds(1)
    #expect(gate.room(at: later) { _ in true } == StartGate.width)
  }
}
