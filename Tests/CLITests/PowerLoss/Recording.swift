import Foundation
import Glibc
import Jobs
import Testing

/// A batch that was worked on, killed, resumed and exported, with every operation on its files.
final class Recording: Sendable {
  /// How the batch is held.
  enum Kind: CaseIterable {
    /// By one process, which shows results as they come.
    case run
    /// By several workers.
    case queue
  }

  /// The operations of one program, and what it left in the folder.
  struct Stage: Sendable {
    let name: String
    let operations: [FileOperation]
    /// Files that no program had mapped: of those the recorder sees every byte.
    let files: [String: [UInt8]]
  }

  /// The jobs whose prompts are good.
  static let jobs = 0..<150
  private static let badLines = ["no JSON", #"{"id":"whose"}"#, "[]"]
  /// Made once for all tests.
  private static let run = Result { try Recording(.run) }
  private static let queue = Result { try Recording(.queue) }

  let kind: Kind
  let stages: [Stage]
  /// The input that the batch was made of.
  let input: String
  /// How many jobs fail.
  let failures: Int
  /// Keeps the input where it is.
  private let folder: Scratch

  var operations: [FileOperation] { stages.flatMap(\.operations) }

  static func of(_ kind: Kind) throws -> Recording {
    switch kind {
    case .run: try run.get()
    case .queue: try queue.get()
    }
  }

  /// Stores to the memory of these are not seen; what they hold is lost with the power.
  static func isMapped(_ name: String) -> Bool { name.contains(/-(sent|shm|answers[12])$/) }

  private init(_ kind: Kind) throws {
    self.kind = kind
    folder = try Scratch()
    input = folder.path(of: "in.jsonl")
    let lines = prompts(Self.jobs).split(separator: "\n").map(String.init)
    try folder.write(
      "in.jsonl",
      (lines.prefix(70) + Self.badLines + lines.dropFirst(70)).joined(separator: "\n") + "\n"
    )
    failures = Self.badLines.count
    var recorder = try Recorder(in: folder)
    let provider = try Provider(
      ["--latency", "uniform:5ms-25ms", "--fault", "500=0.03"],
      in: folder
    )
    let work = kind.work(input, provider)
    switch kind {
    case .run: try Self.recordRun(&recorder, work, folder)
    case .queue: try Self.recordQueue(&recorder, work, provider, input)
    }
    try recorder.finish(kind.export + ["-o", "disk/copy.jsonl", "--ordered"], status: 0)
    stages = recorder.stages
  }

  /// Results, failures, retries, two deaths, a pause and a lost output file.
  private static func recordRun(
    _ recorder: inout Recorder,
    _ run: [String],
    _ folder: Scratch
  ) throws {
    for (signal, status, lines) in [
      (SIGKILL, -SIGKILL, 30), (SIGINT, 75, 60), (SIGKILL, -SIGKILL, 110),
    ] {
      // One more than before at least: only then does this run hear signals.
      let least = max(lines, folder.lines("disk/out.jsonl").count + 1)
      let program = try recorder.start(run)
      try recorder.send(signal, to: program, after: "\(least) results") {
        folder.lines("disk/out.jsonl").count >= least
      }
      let ending = program.ending()
      #expect(ending.status == status, "\(ending.errors)")
      try recorder.endStage("run, ended by signal \(signal)")
      if lines == 30 {
        try recorder.finish(Kind.run.export + ["-o", "disk/copy.jsonl"], status: 0)
      }
      if signal == SIGINT { try recorder.remove("out.jsonl") }
    }
    try recorder.finish(run, status: 1)
  }

  /// Two workers, of which one dies, and the other takes its jobs over.
  private static func recordQueue(
    _ recorder: inout Recorder,
    _ work: [String],
    _ provider: Provider,
    _ input: String
  ) throws {
    try recorder.finish(["enqueue", input, "--queue", "disk/queue.nightjar"], status: 0)
    let workers = [try recorder.start(work), try recorder.start(work)]
    try recorder.send(SIGKILL, to: workers[0], after: "60 requests") {
      provider.requests.count >= 60
    }
    // Not the end of a stage, whose files must stand still.
    let export = try recorder.start(Kind.queue.export + ["-o", "disk/copy.jsonl"]).ending()
    #expect(export.status == 0, "\(export.errors)")
    let ending = workers[1].ending()
    #expect(ending.status == 1, "\(ending.errors)")
    try recorder.endStage("work")
  }
}

extension Recording.Kind {
  /// Where the batch lies.
  var batch: String { self == .run ? "out.jsonl.nightjar" : "queue.nightjar" }

  var access: BatchAccess { self == .run ? .owner : .shared }

  func batchInput(_ path: String) -> BatchInput {
    self == .run ? BatchInput(kind: .file, path: path) : BatchInput(kind: .queue, path: "")
  }

  /// What exports the batch in `disk`, up to the name of the new file.
  var export: [String] { ["export", "disk/" + (self == .run ? "out.jsonl" : batch)] }

  /// What works on the batch in `disk` until it is done.
  func work(_ input: String, _ provider: Provider) -> [String] {
    let command =
      self == .run
      ? ["run", input, "-o", "disk/out.jsonl"]
      : ["work", "--queue", "disk/" + batch, "--until-empty"]
    return command + ["--concurrency", "20"] + provider.flags() + ["--max-tokens", "400"]
  }
}
