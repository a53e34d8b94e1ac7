import Foundation
import Testing

// A queue that several workers share.
extension CrashDrill {
  /// Of each worker.
  static let workerConcurrency = 8
  private static let queue = "night.queue"

  /// - Parameter latency: of the provider, as `--latency` takes it.
  static func queue(jobs: Int, latency: String) throws -> CrashDrill {
    let drill = try CrashDrill(jobs: jobs, latency: latency, batch: queue)
    let ending = try drill.folder.nightjar(["enqueue", "in.jsonl", "--queue", queue])
    #expect(ending.status == 0, "\(ending.errors)")
    return drill
  }

  /// - Parameter step: where it stops, such as `committed:3`.
  func startWorker(_ flags: [String] = [], stoppingAt step: String? = nil) throws -> Program {
    try Program(
      ["work", "--queue", Self.queue, "--until-empty", "--concurrency"]
        + ["\(Self.workerConcurrency)"] + flags + provider.flags(),
      in: folder,
      environment: step.map { ["NIGHTJAR_CRASH_AT": $0] } ?? [:]
    )
  }

  func status() throws -> Report {
    try folder.nightjar(["status", Self.queue, "--json"]).report()
  }

  /// Lets the workers come to their end, and judges the queue.
  func finish(_ workers: [Program], sourceLocation: SourceLocation = #_sourceLocation) throws {
    for worker in workers {
      let ending = worker.ending(within: 600)
      #expect(ending.status == 1, "\(ending.errors)", sourceLocation: sourceLocation)
    }
    for (output, flags) in [("out.jsonl", []), ("out.failed.jsonl", ["--failed"])] {
      let ending = try folder.nightjar(["export", Self.queue, "-o", output] + flags)
      #expect(ending.status == 0, "\(ending.errors)", sourceLocation: sourceLocation)
    }
    try judge(try status(), sourceLocation: sourceLocation)
  }
}
