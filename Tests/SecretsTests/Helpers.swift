import Foundation
import Secrets
import TestSupport

func secret(_ text: String) -> Secret {
  secret(Array(text.utf8))
}

func secret(_ bytes: [UInt8]) -> Secret {
  Secret(copying: bytes.span)
}

func bytes(_ secret: borrowing Secret) -> [UInt8] {
  secret.withBytes { bytes in bytes.indices.map { bytes[$0] } }
}

func bytes(ifAny secret: consuming Secret?) -> [UInt8]? {
  guard let secret else { return nil }
  return bytes(secret)
}

func text(_ secret: borrowing Secret) -> String {
  String(decoding: bytes(secret), as: UTF8.self)
}

/// The identity file that holds an identity.
func file(of identity: AgeIdentity) throws -> [UInt8] {
  guard let text = identity.text else { throw AgeError.malformed("a passphrase has no file") }
  return bytes(text) + [0x0A]
}

func bytes(hex: String) -> [UInt8] {
  let digits = hex.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

/// A folder that is removed when the test lets go of it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("nightjar-secrets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700]
    )
    path = url.path
  }

  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    return file
  }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Programs of other people, to check our formats against theirs.
enum Program {
  static func isInstalled(_ name: String) -> Bool {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  /// A Python that has pyrage; nil where there is none.
  static let pythonWithPyrage = Tool.find("python3").flatMap { python in
    (try? run(python, "-c", "import pyrage").status) == 0 ? python : nil
  }

  /// Runs a program to its end and returns what it printed.
  static func run(_ arguments: String...) throws -> (status: Int32, output: [UInt8]) {
    try runAll(arguments)
  }

  static func runAll(_ arguments: [String]) throws -> (status: Int32, output: [UInt8]) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, [UInt8](data))
  }
}
