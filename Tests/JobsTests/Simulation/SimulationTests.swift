import Foundation
import Jobs
import Testing

/// What every engine that workers share must survive.
///
/// `NIGHTJAR_SEEDS` multiplies the number of schedules.
@Suite struct `A batch that anything happens to` {
  private static let times =
    ProcessInfo.processInfo.environment["NIGHTJAR_SEEDS"].flatMap { Int($0) } ?? 1

  private static func seeds(_ engine: StoreEngine) -> Int {
    times * (engine == .model ? 300 : 10)
  }

  @Test(arguments: StoreEngine.shared)
  func `ends every job once and agrees with the model`(_ engine: StoreEngine) async throws {
    for seed in 0..<Self.seeds(engine) {
      do {
        try await Simulation(engine, seed: seed).run(steps: engine == .model ? 100 : 60)
      } catch {
        Issue.record("seed \(seed) of \(engine): \(error)")
        return
      }
    }
  }
}
