import Foundation
import Glibc
import Jobs
import Testing

/// Kills at each named step, between one effect that outlives a process and the next.
struct NamedStepTests {
  /// Steps of a whole-file export, which a run does not take.
  private static let ofExport: Set<CrashPoint> = [.renaming, .renamed]
  private static let ofRun = CrashPoint.allCases.filter { !ofExport.contains($0) }

  /// Where one process after the other is killed; there has to be a dead one before it can be taken in.
  private static func stops(at step: CrashPoint) -> [String] {
    step == .takenIn
      ? ["answered:1", "joined:1", "takenIn:1", "takenIn:1", "takenIn:2"]
      : [1, 3, 20].map { "\(step.rawValue):\($0)" }
  }

  @Test(arguments: ofRun)
  func `a kill at any step costs no result and repeats none`(step: CrashPoint) throws {
    let drill = try CrashDrill(jobs: 200, latency: "uniform:5ms-15ms")
    for stop in Self.stops(at: step) {
      let program = try drill.start(stoppingAt: stop)
      guard program.isStopped() else { break }
      #expect(try drill.kill(program))
    }
    #expect(!drill.kills.isEmpty, "the run never came to this step")
    try drill.finish()
  }

  @Test(arguments: ofExport)
  func `a kill while a file is replaced leaves the old one or the new one`(
    step: CrashPoint
  ) throws {
    let drill = try CrashDrill(jobs: 50, latency: "1ms")
    #expect(try drill.start().ending().status == 1)
    try drill.folder.write("again.jsonl", "old\n")
    let export = ["export", "out.jsonl", "-o", "again.jsonl", "--force"]
    let program = try Program(
      export,
      in: drill.folder,
      environment: ["NIGHTJAR_CRASH_AT": "\(step.rawValue):1"]
    )
    #expect(program.isStopped())
    program.send(signal: SIGKILL)
    _ = program.ending()
    let left = drill.folder.read("again.jsonl")
    #expect(left == (step == .renaming ? "old\n" : drill.folder.read("out.jsonl")))
    #expect(try drill.folder.nightjar(export).status == 0)
    #expect(drill.folder.read("again.jsonl") == drill.folder.read("out.jsonl"))
  }
}
