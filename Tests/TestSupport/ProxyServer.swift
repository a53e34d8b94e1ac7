import Foundation
import Glibc

/// A proxy that others wrote, on loopback: Debian's tinyproxy or microsocks.
package final class ProxyServer: Sendable {
  package static var hasTinyproxy: Bool { Tool.find("tinyproxy") != nil }
  package static var hasMicrosocks: Bool { Tool.find("microsocks") != nil }

  package let port: Int
  private let process: Process
  private let leash: FileHandle
  private let folder: String

  /// An HTTP proxy that lets requests through to any port, to whoever has the login if there is one.
  package static func tinyproxy(user: String? = nil, password: String = "") throws -> ProxyServer {
    try ProxyServer("tinyproxy") { port, folder in
      var lines = ["Port \(port)", "Listen 127.0.0.1", "Timeout 600", "LogLevel Connect"]
      lines.append("LogFile \"\(folder)/log\"")
      if let user { lines.append("BasicAuth \(user) \(password)") }
      let path = folder + "/tinyproxy.conf"
      try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
      return ["-d", "-c", path]
    }
  }

  /// A SOCKS5 proxy, for whoever has the login if there is one.
  package static func microsocks(user: String? = nil, password: String = "") throws -> ProxyServer {
    try ProxyServer("microsocks") { port, _ in
      let login = user.map { ["-u", $0, "-P", password] } ?? []
      return ["-i", "127.0.0.1", "-p", "\(port)"] + login
    }
  }

  /// Ends the proxy when the pipe that this reads from ends, with this process or before.
  ///
  /// It has to be killed: a child inherits the signals that its parent's thread blocks, and the
  /// threads of tasks block them all.
  private static let keeper =
    #""$@" </dev/null >/dev/null 2>&1 & read -rt 120; kill -KILL $!; wait"#

  private init(_ program: String, arguments: (Int, String) throws -> [String]) throws {
    folder = NSTemporaryDirectory() + "nightjar-proxy-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    port = try FreePort.find()
    let input = Pipe()
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", Self.keeper, "proxy", Tool.find(program) ?? program]
    process.arguments? += try arguments(port, folder)
    process.standardInput = input
    leash = input.fileHandleForWriting
    try process.run()
    guard LoopbackSocket.answers(at: port) else {
      throw TestServerError("\(program) did not start")
    }
  }

  deinit {
    stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Ends it at once, as a crash would.
  package func stop() {
    try? leash.close()
    process.waitUntilExit()
  }

  /// What it says of the connections that it was asked for.
  package var log: String {
    String(decoding: FileManager.default.contents(atPath: folder + "/log") ?? Data(), as: UTF8.self)
  }
}
