import Foundation
import Glibc
import TestSupport
import Testing

/// Runs programs in a folder whose files are watched.
struct Recorder {
  static let isPossible = Tool.find("cc") != nil

  private let folder: Scratch
  private let environment: [String: String]
  private(set) var stages: [Recording.Stage] = []
  private var logged = 0

  /// - Parameter folder: what is recorded are the files of `disk` in it.
  init(in folder: Scratch) throws {
    self.folder = folder
    let source =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path + "/PowerLoss/recorder.c"
    let library = folder.path(of: "recorder.so")
    try Tool.run("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl", "-lpthread"])
    try FileManager.default.createDirectory(
      atPath: folder.path(of: "disk"),
      withIntermediateDirectories: false
    )
    environment = [
      "LD_PRELOAD": library, "RECORDER_FOLDER": folder.path(of: "disk"),
      "RECORDER_LOG": folder.path(of: "operations"),
    ]
  }

  func start(_ arguments: [String]) throws -> Program {
    try Program(arguments, in: folder, environment: environment)
  }

  /// Runs a program to its end.
  mutating func finish(_ arguments: [String], status: Int32) throws {
    let ending = try start(arguments).ending()
    #expect(ending.status == status, "\(ending.errors)")
    try endStage(arguments[0])
  }

  /// Sends a program a signal once something is seen, between two operations.
  func send(
    _ signal: Int32,
    to program: Program,
    after what: String,
    until isSeen: () -> Bool
  ) throws {
    try folder.wait(for: what, until: isSeen)
    let log = unsafe open(folder.path(of: "operations"), O_RDONLY | O_CLOEXEC)
    defer { close(log) }
    flock(log, LOCK_EX)
    program.send(signal: signal)
    if signal == SIGKILL { #expect(program.ending().status == -SIGKILL) }
  }

  /// What a user may do between two runs.
  mutating func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: folder.path(of: "disk/" + name))
    stages.append(.init(name: "rm", operations: [.unlink(name: name)], files: try files()))
  }

  /// Takes in what was recorded since the stage before.
  mutating func endStage(_ name: String) throws {
    let log = try Data(contentsOf: URL(fileURLWithPath: folder.path(of: "operations")))
    let operations = try #require(FileOperation.all(in: Array(log.dropFirst(logged))))
    logged = log.count
    stages.append(.init(name: name, operations: operations, files: try files()))
  }

  private func files() throws -> [String: [UInt8]] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path(of: "disk"))
    return try names.filter { !Recording.isMapped($0) }.reduce(into: [:]) { found, name in
      let file = URL(fileURLWithPath: folder.path(of: "disk/" + name))
      found[name] = Array(try Data(contentsOf: file))
    }
  }
}
