import Foundation

/// Programs of the system that tests use.
package enum Tool {
  /// What `scripts/setup` installed beside the build.
  private static let ownFolder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/.build/tools/bin/"

  /// The path of a program, or nil where it is not installed.
  package static func find(_ name: String) -> String? {
    [ownFolder, "/usr/bin/", "/usr/sbin/", "/usr/local/bin/"].map { $0 + name }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs a program to its end; throws what it wrote when it fails.
  package static func run(_ name: String, _ arguments: [String]) throws {
    _ = try output(name, arguments)
  }

  /// The same, and gives what it wrote.
  package static func output(_ name: String, _ arguments: [String]) throws -> String {
    guard let path = find(name) else { throw TestServerError("\(name) is not installed") }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw TestServerError("\(name) failed: \(text)")
    }
    return text
  }
}
