import Foundation
import Glibc
import Jobs
import Testing

/// Workers of one queue that are killed, or stopped for so long that others take their jobs over.
struct QueueKillTests {
  private static let workers = 3

  @Test func `kills of workers at random instants cost no result and repeat none`() throws {
    let (kills, jobs) = (DrillScale.kills, DrillScale.jobs)
    let drill = try CrashDrill.queue(jobs: jobs, latency: "uniform:40ms-120ms")
    let rate = Double(Self.workers * CrashDrill.workerConcurrency) / 0.08
    var plan = KillPlan(kills: kills, jobs: jobs, rate: rate, seed: DrillScale.seed)
    var workers = try (0..<Self.workers).map { _ in try drill.startWorker() }
    var newest = 0
    while let time = plan.next() {
      var victim = newest
      if case .atWork = time {
        victim = plan.choose(from: Self.workers)
        try drill.waitForRequest(of: workers[victim])
      }
      guard !workers[victim].hasEnded(within: time.seconds), try drill.kill(workers[victim])
      else { break }
      workers[victim] = try drill.startWorker()
      newest = victim
    }
    #expect(drill.kills.count == kills, "the queue was empty before the last kill")
    try drill.finish(workers)
  }

  @Test func `a worker that wakes after its lease spoils nothing, and its late answers count`()
    throws
  {
    let drill = try CrashDrill.queue(jobs: 120, latency: "uniform:200ms-400ms")
    let lease = ["--lease", "2"]
    let frozen = try drill.startWorker(lease)
    try drill.waitForRequest(of: frozen)
    #expect(frozen.freeze())
    // One that is stopped with the batch locked is killed, which is for another test.
    while WorkerTraces.isAtDatabase(frozen.pid) {
      frozen.send(signal: SIGCONT)
      try drill.waitForRequest(of: frozen)
      #expect(frozen.freeze())
    }
    let traces = try drill.note(frozen)
    let others = try (1..<Self.workers).map { _ in try drill.startWorker(lease) }
    for worker in others { #expect(worker.ending().status == 1, "\(worker.errors)") }
    #expect(try drill.status().pending == 0, "the others did not take the jobs over")
    frozen.send(signal: SIGCONT)
    try drill.finish([frozen])
    let status = try drill.status()
    #expect(!traces.inFlight.isEmpty)
    #expect(status.late == traces.inFlight.union(traces.kept).count)
    #expect(status.late_kept == 0)
  }

  @Test(arguments: ["ending:1", "ending:4"])
  func `a worker that is frozen with the batch locked does not keep the others from it`(
    step: String
  ) throws {
    let drill = try CrashDrill.queue(jobs: 60, latency: "uniform:20ms-60ms")
    let lease = ["--lease", "2"]
    let frozen = try drill.startWorker(lease, stoppingAt: step)
    #expect(frozen.isStopped())
    try drill.note(frozen)
    let other = try drill.startWorker(lease)
    #expect(frozen.ending().status == -SIGKILL, "the lock was not taken from it")
    try drill.finish([other])
  }
}
