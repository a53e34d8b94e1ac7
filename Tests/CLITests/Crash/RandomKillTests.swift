import Foundation
import Testing

/// Kills at random instants of one batch.
struct RandomKillTests {
  @Test func `kills at random instants cost no result and repeat none`() throws {
    let (kills, jobs) = (DrillScale.kills, DrillScale.jobs)
    let drill = try CrashDrill(jobs: jobs, latency: "uniform:20ms-60ms")
    let rate = Double(CrashDrill.concurrency) / 0.04
    var plan = KillPlan(kills: kills, jobs: jobs, rate: rate, seed: DrillScale.seed)
    while let time = plan.next() {
      let program = try drill.start()
      if case .atWork = time { try drill.waitForRequest(of: program) }
      guard !program.hasEnded(within: time.seconds), try drill.kill(program) else { break }
    }
    #expect(drill.kills.count == kills, "the batch ended before the last kill")
    try drill.finish()
  }
}
