import Glibc

/// The socket calls that loopback servers in tests share.
enum LoopbackSocket {
  /// A listening socket on 127.0.0.1 and the port that the system chose for it.
  static func listen() throws(TestServerError) -> (socket: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(listener, address, size) == 0 && Glibc.listen(listener, 1024) == 0
          && getsockname(listener, address, &size) == 0
      }
    }
    guard listener >= 0, listening else { throw TestServerError("no free port on 127.0.0.1") }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Whether a server takes connections at a port of 127.0.0.1, which it may begin to within ten
  /// seconds.
  static func answers(at port: Int) -> Bool {
    let latest = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < latest {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      defer { close(client) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(port).bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let isConnected = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          unsafe connect(client, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      if isConnected { return true }
      sched_yield()
    }
    return false
  }
}

/// Why a server that a test needs did not come up.
package struct TestServerError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
