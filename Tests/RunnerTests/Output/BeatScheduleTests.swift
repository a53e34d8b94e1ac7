import Runner
import Testing

@Suite struct `A beat schedule` {
  private let start = ContinuousClock.now

  @Test func `makes commits durable every 20 ms and files every second`() {
    var beats = BeatSchedule(at: start)
    var durable: [ContinuousClock.Instant] = []
    var synced: [ContinuousClock.Instant] = []
    for millisecond in 0..<5_000 {
      let now = start + .milliseconds(millisecond)
      switch beats.due(at: now) {
      case .nothing: break
      case .durability: durable.append(now)
      case .all:
        durable.append(now)
        synced.append(now)
      }
    }
    #expect(durable == (1..<250).map { start + .milliseconds(20 * $0) })
    #expect(synced == (1..<5).map { start + .seconds($0) })
  }

  @Test func `says when the next commit has to be durable`() {
    var beats = BeatSchedule(at: start)
    #expect(beats.next == start + .milliseconds(20))
    #expect(beats.due(at: start + .milliseconds(19)) == .nothing)
    #expect(beats.next == start + .milliseconds(20))
    #expect(beats.due(at: start + .milliseconds(350)) == .durability)
    #expect(beats.next == start + .milliseconds(370))
    #expect(beats.due(at: start + .seconds(90)) == .all)
    #expect(beats.due(at: start + .seconds(90)) == .nothing)
  }
}
