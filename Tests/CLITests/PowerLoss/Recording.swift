import Foundation
import Glibc
import TestSupport
import Testing

/// A batch that was run, killed, resumed and exported, with every operation on its files.
final class Recording: Sendable {
  /// The operations of one program, and what it left in the folder.
  struct Stage: Sendable {
    let name: String
    let operations: [FileOperation]
    /// Files that no program had mapped: of those the recorder sees every byte.
    let files: [String: [UInt8]]
  }

  /// The jobs whose prompts are good.
  static let jobs = 0..<150
  static let badLines = ["no JSON", #"{"prompt":"whose?"}"#, "[]", #"{"id":"0","prompt":"again"}"#]
  /// Made once for all tests.
  static let shared = Result { try Recording() }

  static let isPossible = Tool.find("cc") != nil

  let stages: [Stage]
  /// The input that the batch was run with.
  let input: String
  /// Keeps the input where it is.
  private let folder: Scratch

  var operations: [FileOperation] { stages.flatMap(\.operations) }

  /// A run with results, failures, retries, two deaths, a pause and a lost output file in it.
  private init() throws {
    folder = try Scratch()
    input = folder.path(of: "in.jsonl")
    let lines = prompts(Self.jobs).split(separator: "\n").map(String.init)
    try folder.write(
      "in.jsonl",
      (lines.prefix(70) + Self.badLines + lines.dropFirst(70)).joined(separator: "\n") + "\n"
    )
    var recorder = try Recorder(in: folder)
    let provider = try Provider(
      ["--latency", "uniform:5ms-25ms", "--fault", "500=0.03"],
      in: folder
    )
    let run = Self.run(input, provider)
    try recorder.end(run, by: SIGKILL, at: 30, status: -SIGKILL)
    try recorder.finish(["export", "disk/out.jsonl", "-o", "disk/copy.jsonl"], status: 0)
    try recorder.end(run, by: SIGINT, at: 60, status: 75)
    try recorder.remove("out.jsonl")
    try recorder.end(run, by: SIGKILL, at: 110, status: -SIGKILL)
    try recorder.finish(run, status: 1)
    try recorder.finish(
      ["export", "disk/out.jsonl", "-o", "disk/copy.jsonl", "--ordered"],
      status: 0
    )
    stages = recorder.stages
  }

  /// The command that runs and resumes the batch in `disk`.
  static func run(_ input: String, _ provider: Provider) -> [String] {
    ["run", input, "-o", "disk/out.jsonl", "--concurrency", "20"] + provider.flags()
      + ["--max-tokens", "400"]
  }
}

/// Runs programs in a folder whose files are watched.
private struct Recorder {
  private let folder: Scratch
  private let environment: [String: String]
  private(set) var stages: [Recording.Stage] = []
  private var logged = 0

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

  mutating func finish(_ arguments: [String], status: Int32) throws {
    let ending = try folder.nightjar(arguments, environment: environment)
    #expect(ending.status == status, "\(ending.errors)")
    try endStage(arguments[0])
  }

  /// Sends a program a signal once there are so many results, between two operations.
  mutating func end(
    _ arguments: [String],
    by signal: Int32,
    at lines: Int,
    status: Int32
  ) throws {
    let program = try Program(arguments, in: folder, environment: environment)
    try folder.wait(for: "\(lines) results") { folder.lines("disk/out.jsonl").count >= lines }
    let log = unsafe open(folder.path(of: "operations"), O_RDONLY | O_CLOEXEC)
    flock(log, LOCK_EX)
    program.send(signal: signal)
    if signal == SIGKILL { _ = program.ending() }
    close(log)
    let ending = program.ending()
    #expect(ending.status == status, "\(ending.errors)")
    try endStage("\(arguments[0]), ended by signal \(signal)")
  }

  /// What a user may do between two runs.
  mutating func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: folder.path(of: "disk/" + name))
    stages.append(.init(name: "rm", operations: [.unlink(name: name)], files: try files()))
  }

  private mutating func endStage(_ name: String) throws {
    let log = try Data(contentsOf: URL(fileURLWithPath: folder.path(of: "operations")))
    let operations = try #require(FileOperation.all(in: Array(log.dropFirst(logged))))
    logged = log.count
    stages.append(.init(name: name, operations: operations, files: try files()))
  }

  private func files() throws -> [String: [UInt8]] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path(of: "disk"))
    return try names.filter { !$0.hasSuffix("-sent") && !$0.hasSuffix("-shm") }
      .reduce(into: [:]) { found, name in
        found[name] = Array(
          try Data(contentsOf: URL(fileURLWithPath: folder.path(of: "disk/" + name)))
        )
      }
  }
}
