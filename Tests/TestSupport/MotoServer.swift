import Foundation

/// AWS as moto plays it, on loopback: users, policies, secrets, and signatures that are verified.
package final class MotoServer: Sendable {
  /// Without a slash at its end.
  package let url: String

  /// Where `scripts/setup` puts it, or else on the path.
  private static var program: String? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    let places = [root.path + "/.build/tools/bin"] + folders.map(String.init)
    return places.map { $0 + "/moto_server" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  package static var isInstalled: Bool { program != nil }

  /// Ends moto when the pipe that this reads from ends, with this process or before, and in any
  /// case after five minutes.
  ///
  /// It has to be killed: a child inherits the signals that its parent's thread blocks, and the
  /// threads of tasks block them all.
  private static let keeper = #""$@" </dev/null & read -rt 300; kill -KILL $!; wait"#
  private let leash: FileHandle

  /// Starts moto; it ends with this object, or with the process.
  ///
  /// - Parameter freeActions: how many API calls it answers before it begins to check signatures
  ///   and policies.
  package init(freeActions: Int) throws {
    guard let program = Self.program else { throw TestServerError("moto_server is not installed") }
    let (process, input, log) = (Process(), Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", Self.keeper, "moto", program, "-H", "127.0.0.1", "-p", "0"]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["INITIAL_NO_AUTH_ACTION_COUNT": "\(freeActions)", "PYTHONUNBUFFERED": "1"],
      uniquingKeysWith: { $1 }
    )
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = log
    try process.run()
    leash = input.fileHandleForWriting
    url = try Self.url(in: log.fileHandleForReading)
    // It logs every request, and would wait for a reader when the pipe is full.
    log.fileHandleForReading.readabilityHandler = { file in
      if file.availableData.isEmpty { file.readabilityHandler = nil }
    }
  }

  deinit { try? leash.close() }

  /// Waits until moto says where it listens.
  private static func url(in log: FileHandle) throws -> String {
    var text = ""
    while true {
      let more = log.availableData
      guard !more.isEmpty else { throw TestServerError("moto did not start: \(text)") }
      text += String(decoding: more, as: UTF8.self)
      guard let start = text.range(of: "Running on http://"),
        let end = text[start.upperBound...].firstIndex(where: \.isNewline)
      else { continue }
      return "http://" + text[start.upperBound..<end]
    }
  }
}
