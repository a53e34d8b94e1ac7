import Glibc
import Synchronization
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(10)))
struct ConnectionTests {
  @Test func `is kept and used again`() async throws {
    let server = try RawServer { $0.answerAll("\($0.number)") }
    defer { server.stop() }
    try await withTransport { transport in
      for _ in 1...20 {
        let response = try await transport.send(.get(server.url))
        #expect(response.text == "1")
      }
    }
    #expect(server.connectionCount == 1)
  }

  @Test func `a request on a connection that the server has closed is sent again and counted`()
    async throws
  {
    let server = try RawServer { connection in
      connection.readRequest()
      connection.answer("\(connection.number)")
      // The second request is read, then dropped with the connection: it may have been processed.
      if connection.number == 1 { connection.readRequest() } else { connection.waitForClose() }
    }
    defer { server.stop() }
    try await withTransport { transport in
      let first = try await transport.send(.get(server.url))
      #expect(first.requestsSent == 1)
      let second = try await transport.send(.get(server.url))
      #expect(second.text == "2")
      #expect(second.requestsSent == 2)
    }
    #expect(server.requests.count == 3)
  }

  @Test func `does not follow a redirect, so the credential stays with its server`() async throws {
    let other = try RawServer { $0.answerAll("stolen") }
    let server = try RawServer { connection in
      connection.readRequest()
      connection.write(
        "HTTP/1.1 307 Elsewhere\r\nLocation: \(other.url)\r\nContent-Length: 0\r\n\r\n"
      )
    }
    defer {
      server.stop()
      other.stop()
    }
    try await withTransport { transport in
      let response = try await transport.send(.get(server.url))
      #expect(response.status == 307)
      #expect(response.header("location") == other.url)
    }
    #expect(other.connectionCount == 0)
  }

  @Test func `is refused in plain words where nobody listens`() async throws {
    let port = try FreePort.find()
    try await withTransport { transport in
      let error = try #require(await transport.failure(of: .get("http://127.0.0.1:\(port)/")))
      #expect(error.code == .connect)
      #expect(!error.requestMayHaveLeft)
      #expect(error.message.hasPrefix("no connection: "))
    }
  }

  @Test(arguments: ["ftp://127.0.0.1/", "file:///etc/passwd", "nonsense://x", "http://", "::"])
  func `is not tried for a URL that is not HTTP`(_ url: String) async throws {
    try await withTransport { transport in
      let error = try #require(await transport.failure(of: .get(url)))
      #expect(error.code == .invalidRequest, "\(error)")
      #expect(!error.requestMayHaveLeft)
    }
  }

  @Test func `is not inherited by child processes`() async throws {
    let server = try RawServer { $0.answerAll("ok") }
    defer { server.stop() }
    try await withTransport { transport in
      _ = try await transport.send(.get(server.url))
      let flags = clientSockets(of: server.port).map { fcntl($0, F_GETFD) }
      #expect(!flags.isEmpty)
      #expect(flags.allSatisfy { $0 & FD_CLOEXEC != 0 })
    }
  }

  @Test func `says so when the process may open no more files`() async {
    await #expect(processExitsWith: .success) {
      let server = try RawServer { $0.answerAll("ok") }
      defer { server.stop() }
      try await withTransport { transport in
        let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var none = rlimit(rlim_cur: 3, rlim_max: 3)
        unsafe setrlimit(openFiles, &none)
        let error = try #require(await transport.failure(of: .get(server.url)))
        #expect(error.code == .connect)
        #expect(error.message.contains("Too many open files"), "\(error)")
      }
    }
  }

  @Test func `goes straight to the server whatever proxy the environment names`() async {
    await #expect(processExitsWith: .success) {
      for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        unsafe setenv(name, "http://127.0.0.1:1", 1)
      }
      let server = try RawServer { $0.answerAll("direct") }
      defer { server.stop() }
      try await withTransport { transport in
        let response = try await transport.send(.get(server.url))
        #expect(response.text == "direct")
      }
    }
  }

  @Test func `goes through a proxy that is configured`() async throws {
    let proxy = try RawServer { $0.answerAll("proxied") }
    defer { proxy.stop() }
    try await withTransport(.init(proxy: proxy.url)) { transport in
      let response = try await transport.send(.get("http://provider.invalid/path"))
      #expect(response.text == "proxied")
    }
    #expect(proxy.requests.first?.hasPrefix("GET http://provider.invalid/path ") == true)
  }

  /// The descriptors of this process that are connected to a port of 127.0.0.1.
  private func clientSockets(of port: Int) -> [Int32] {
    (0..<65_536).filter { descriptor in
      var address = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let connected = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          unsafe getpeername(descriptor, address, &size) == 0
        }
      }
      return connected && Int(UInt16(bigEndian: address.sin_port)) == port
    }
  }
}
