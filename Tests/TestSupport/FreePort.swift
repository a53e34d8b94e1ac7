import Glibc

/// Ports for servers that cannot choose one themselves.
package enum FreePort {
  /// A port of 127.0.0.1 that was free a moment ago.
  package static func find() throws -> Int {
    let (socket, port) = try LoopbackSocket.listen()
    close(socket)
    return port
  }
}
