import KeySources
import TestSupport
import Testing

/// A keyring's random life, and the rules that must hold at every moment of it.
struct KeyringLife {
  private var state: KeyringState
  private var now = ContinuousClock.now
  private var inFlight: [Int] = []
  private var refusedAt: [Int: ContinuousClock.Instant] = [:]
  private var retired: Set<Int> = []
  private let sources: Int

  init(sources: Int) {
    self.sources = sources
    state = KeyringState(sources: sources)
  }

  mutating func step(_ random: inout SeededGenerator) {
    let source = Int.random(in: 0..<sources, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: read(source, &random)
    case 1:
      let kinds: [KeySourceError.Kind] = [.unavailable, .denied, .gone]
      state.failed(source, kinds[Int.random(in: 0..<3, using: &random)], at: now)
    case 2:
      now += .seconds(Int.random(in: 0...400, using: &random))
      state.tick(at: now)
    case 3, 4: lease()
    case 5: finish(isAccepted: true, &random)
    default: finish(isAccepted: false, &random)
    }
    check()
  }

  private mutating func read(_ source: Int, _ random: inout SeededGenerator) {
    _ = state.beginReading([source], at: now)
    let names = (0..<Int.random(in: 1...2, using: &random)).map { _ in
      Int.random(in: 0..<4, using: &random)
    }
    let offers = Set(names).sorted().map { KeyringState.Offer(name: "\($0)") }
    _ = state.answered(source, offers, at: now)
  }

  private mutating func lease() {
    let could = state.canLease
    let generation = state.lease()
    #expect((generation != nil) == could)
    guard let generation else { return }
    inFlight.append(generation)
    #expect(!retired.contains(generation))
    if let refused = refusedAt[generation] {
      #expect(now - refused >= .seconds(10))
      #expect(inFlight.count { $0 == generation && refusedAt[$0] != nil } >= 1)
    }
  }

  private mutating func finish(isAccepted: Bool, _ random: inout SeededGenerator) {
    guard let index = inFlight.indices.randomElement(using: &random) else { return }
    let generation = inFlight.remove(at: index)
    if isAccepted {
      state.confirm(generation)
      refusedAt[generation] = nil
    } else {
      let verdict = state.reject(generation, at: now)
      #expect((verdict == .useAnother) == state.canLease)
      if state.versions.contains(where: { $0.generation == generation && $0.state == .quarantined })
      {
        refusedAt[generation] = refusedAt[generation] ?? now
      }
    }
    state.release(generation)
  }

  /// Every request's value is kept until it ends, and none is kept that is of no use.
  private mutating func check() {
    for case .retired(let generation) in state.takeEvents() {
      #expect(retired.insert(generation).inserted)
      #expect(!inFlight.contains(generation))
    }
    for generation in inFlight {
      #expect(state.versions.contains { $0.generation == generation && $0.inFlight > 0 })
    }
    for version in state.versions {
      #expect(version.inFlight == inFlight.count { $0 == version.generation })
      #expect(version.state != .draining || version.inFlight > 0)
    }
    #expect(state.versions.count <= 4 * sources + inFlight.count)
  }

  /// However it went, a good value brings the ring back.
  mutating func end() {
    for generation in inFlight { state.release(generation) }
    inFlight = []
    for source in 0..<sources {
      _ = state.beginReading([source], at: now)
      _ = state.answered(source, [.init(name: "last")], at: now)
    }
    #expect(state.canLease)
    guard let generation = state.lease() else { return }
    state.confirm(generation)
    state.release(generation)
    _ = state.takeEvents()
    let names = state.versions.filter { $0.state == .active }.map(\.name)
    #expect(names.contains("last"))
  }
}
