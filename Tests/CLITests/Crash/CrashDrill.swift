import Foundation
import Glibc
import Jobs
import Testing

/// A batch whose processes are killed, and the books that are kept about it.
///
/// A process is stopped first, looked at, and killed then: so what it left is known before another
/// one takes it in. The jobs whose numbers begin with 7 are refused by the provider and fail.
final class CrashDrill {
  static let concurrency = 16
  let folder: Scratch
  let provider: Provider
  let jobs: Int
  /// Name of the batch file.
  let batch: String
  private(set) var kills: [KilledProcess] = []
  private var tail = OutputTail()
  private let started = ContinuousClock.now

  /// - Parameter latency: of the provider, as `--latency` takes it.
  init(jobs: Int, latency: String, batch: String = "out.jsonl.nightjar") throws {
    self.jobs = jobs
    self.batch = batch
    folder = try Scratch()
    provider = try Provider(
      ["--latency", latency, "--fail-prompt", "Prompt 7", "--for", "1800"],
      in: folder
    )
    try folder.write("in.jsonl", prompts(0..<jobs))
  }

  /// Waits until a process sends requests, or has come to its end before.
  func waitForRequest(of program: Program) throws {
    let before = provider.ledgerSize
    try folder.wait(for: "a request") {
      provider.ledgerSize > before || !program.output.isEmpty
    }
  }

  /// Kills a process and notes what it left; false when it has ended before.
  func kill(_ program: Program) throws -> Bool {
    guard program.freeze() else { return false }
    try note(program)
    program.send(signal: SIGKILL)
    _ = program.ending()
    return true
  }

  /// Notes what a stopped process leaves to those who take its jobs over.
  @discardableResult
  func note(_ program: Program) throws -> KilledProcess {
    let traces = WorkerTraces(of: program.pid, in: folder, batch: batch)
    let killed = KilledProcess(
      inFlight: traces.inFlight,
      kept: traces.kept,
      shown: try tail.read(folder.path(of: "out.jsonl")),
      ledgerSize: provider.ledgerSize
    )
    kills.append(killed)
    return killed
  }

  /// Holds what is there at the end against what was seen on the way.
  func judge(_ report: Report, sourceLocation: SourceLocation) throws {
    let verdict = CrashVerdict(
      jobs: Array(0..<jobs),
      output: folder.read("out.jsonl"),
      failures: folder.read("out.failed.jsonl"),
      shown: tail.text,
      asked: try provider.asked(among: jobs),
      kills: kills,
      report: report
    )
    print(verdict.summary, "\(ContinuousClock.now - started)")
    #expect(verdict.problems == [], sourceLocation: sourceLocation)
    #expect(folder.workerFiles == [], "files of dead workers", sourceLocation: sourceLocation)
  }
}

// A batch that one process owns.
extension CrashDrill {
  /// A process that runs the batch, or resumes it.
  ///
  /// - Parameter step: where it stops, such as `committed:3`.
  func start(stoppingAt step: String? = nil) throws -> Program {
    try Program(
      ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "\(Self.concurrency)"]
        + provider.flags(),
      in: folder,
      environment: step.map { ["NIGHTJAR_CRASH_AT": $0] } ?? [:]
    )
  }

  /// Lets the batch come to its end, and judges it.
  func finish(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let ending = try start().ending(within: 600)
    #expect(ending.status == 1, "\(ending.errors)", sourceLocation: sourceLocation)
    try judge(try ending.report(), sourceLocation: sourceLocation)
  }
}
