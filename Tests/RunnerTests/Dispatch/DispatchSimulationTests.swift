import Runner
import Testing

@Suite struct `A dispatcher in a simulated world` {
  @Test func `keeps its word after every event, whatever happens`() async throws {
    try await TestKeyDesk.load()
    for seed in Seeds.some(1_000) {
      var world = DispatchWorld(seed: seed)
      world.live()
      #expect(world.faults.isEmpty, "seed \(seed)")
    }
  }
}
