import Glibc
import Synchronization

/// One connection to a ``RawServer``, with blocking calls for its script.
package final class RawConnection: Sendable {
  /// 1 for the server's first connection.
  package let number: Int
  private let socket: Mutex<Int32?>
  private let received = Mutex<[String]>([])

  init(_ socket: Int32, number: Int) {
    self.socket = Mutex(socket)
    self.number = number
  }

  package var requests: [String] { received.withLock { $0 } }

  /// The next request, head and body; nil when the client has closed the connection.
  @discardableResult
  package func readRequest() -> String? {
    var bytes: [UInt8] = []
    while !isComplete(bytes) {
      guard let more = read() else { return nil }
      bytes += more
    }
    let request = String(decoding: bytes, as: UTF8.self)
    received.withLock { $0.append(request) }
    return request
  }

  /// Sends text; false when the connection is gone.
  @discardableResult
  package func write(_ text: String) -> Bool {
    write(Array(text.utf8))
  }

  /// Sends bytes; false when the connection is gone.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty, let socket = descriptor {
      let count = unsafe rest.withUnsafeBytes { bytes in
        unsafe send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return rest.isEmpty
  }

  /// Blocks until the client closes the connection, or the server is stopped.
  package func waitForClose() {
    while read() != nil {}
  }

  /// Blocks until the server is stopped, or the connection is broken, and takes nothing.
  package func waitWithoutReading() {
    var watched = pollfd(fd: descriptor ?? -1, events: 0, revents: 0)
    unsafe poll(&watched, 1, -1)
  }

  /// What comes next; nil when the client has closed the connection.
  package func readSome() -> [UInt8]? { read() }

  /// Closes with a TCP reset.
  package func reset() {
    if let socket = descriptor {
      var now = linger(l_onoff: 1, l_linger: 0)
      unsafe setsockopt(
        socket,
        SOL_SOCKET,
        SO_LINGER,
        &now,
        socklen_t(MemoryLayout<linger>.size)
      )
    }
    close()
  }

  /// Closes in the regular way.
  package func close() {
    socket.withLock { socket in
      if let socket { _ = Glibc.close(socket) }
      socket = nil
    }
  }

  /// Makes every blocking call return.
  func interrupt() {
    if let socket = descriptor { shutdown(socket, Int32(SHUT_RDWR)) }
  }

  private var descriptor: Int32? { socket.withLock { $0 } }

  private func read() -> [UInt8]? {
    guard let socket = descriptor else { return nil }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe recv(socket, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  private func isComplete(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
    let head = text[..<end.lowerBound].lowercased()
    let length = head.firstRange(of: "content-length: ").map { head[$0.upperBound...] }
    let expected = length.flatMap { Int($0.prefix(while: \.isNumber)) } ?? 0
    return text[end.upperBound...].utf8.count >= expected
  }
}
