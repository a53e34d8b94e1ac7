import Foundation
import Glibc
import Synchronization

/// A TCP server on loopback whose every byte is written by the test, for peers that misbehave.
///
/// Each connection runs the script on a thread of its own and is closed when the script returns.
package final class RawServer: Sendable {
  private struct State {
    var connections: [RawConnection] = []
    var stopped = false
  }

  package let port: Int
  package var url: String { "http://127.0.0.1:\(port)/" }
  private let listener: Int32
  private let state = Mutex(State())

  package init(_ script: @escaping @Sendable (RawConnection) -> Void) throws {
    (listener, port) = try LoopbackSocket.listen()
    Thread.detachNewThread { [self] in
      while let connection = accept() {
        Thread.detachNewThread {
          script(connection)
          connection.close()
        }
      }
      Glibc.close(listener)
    }
  }

  /// Ends every connection and takes no more.
  package func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    let connections = state.withLock { state in
      state.stopped = true
      return state.connections
    }
    for connection in connections { connection.interrupt() }
  }

  package var connectionCount: Int { state.withLock { $0.connections.count } }

  /// Every request received so far, as it came over the wire.
  package var requests: [String] {
    state.withLock { $0.connections }.flatMap(\.requests)
  }

  private func accept() -> RawConnection? {
    let socket = Glibc.accept(listener, nil, nil)
    guard socket >= 0 else { return nil }
    return state.withLock { state in
      let connection = RawConnection(socket, number: state.connections.count + 1)
      state.connections.append(connection)
      if state.stopped { connection.interrupt() }
      return connection
    }
  }
}
