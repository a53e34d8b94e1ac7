import Foundation
import Glibc

/// A `bao` that runs until it is killed, for ten minutes at most.
final class OpenBaoProcess: Sendable {
  /// The group that it leads; `timeout`, which bounds it, is in it too.
  private let group: pid_t
  private let ended = DispatchSemaphore(value: 0)

  /// Starts it, and waits until it says that it is ready.
  init(_ arguments: [String], home: String, untilItSays ready: String) throws {
    let process = Process()
    let log = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["-s", "KILL", "600", Tool.find("bao") ?? "bao"] + arguments
    process.environment = ["HOME": home, "PATH": "/usr/bin:/bin"]
    process.standardOutput = log
    process.standardError = log
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
    group = process.processIdentifier
    var text = ""
    while !text.contains(ready) {
      let more = log.fileHandleForReading.availableData
      guard !more.isEmpty else { throw TestServerError("bao did not start: \(text)") }
      text += String(decoding: more, as: UTF8.self)
    }
    // A full pipe would stop it.
    log.fileHandleForReading.readabilityHandler = { handle in
      if handle.availableData.isEmpty { handle.readabilityHandler = nil }
    }
  }

  /// Ends it at once, as kill -9 does.
  func kill() {
    Glibc.kill(-group, SIGKILL)
    ended.wait()
    ended.signal()
  }
}
