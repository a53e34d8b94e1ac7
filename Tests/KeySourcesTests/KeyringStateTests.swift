import KeySources
import Testing

struct KeyringStateTests {
  /// Plays thousands of random lives of a keyring in virtual time.
  @Test(arguments: 0..<50)
  func `its rules hold whatever happens`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<100 {
      var life = Life(sources: Int.random(in: 1...3, using: &random))
      for _ in 0..<60 { life.step(&random) }
    }
  }

  @Test func `a refusal of the value in use leaves nothing to use`() {
    var state = KeyringState(sources: 1)
    #expect(state.best == nil)
    state.beginRound()
    let (first, again) = (
      state.fetched(slot: 0, version: "1"), state.fetched(slot: 0, version: "1")
    )
    #expect(first && !again)
    #expect(state.best == 0)
    let verdict = state.rejected(slot: 0, at: .now)
    #expect(verdict == .refresh)
    #expect(state.best == nil)
  }

  private struct Life {
    private var state: KeyringState
    private var now = ContinuousClock.now
    private var forced: ContinuousClock.Instant?
    private var refused: Set<Int> = []

    init(sources: Int) {
      state = KeyringState(sources: sources)
    }

    mutating func step(_ random: inout SeededGenerator) {
      let slot = Int.random(in: state.slots.indices, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        state.beginRound()
        if state.fetched(slot: slot, version: "\(Int.random(in: 0..<4, using: &random))") {
          refused.remove(slot)
        }
      case 1: now += .seconds(Int.random(in: 0...6, using: &random))
      case 2: if state.slots[slot].state.isGood { state.confirmed(slot: slot) }
      default: if state.slots[slot].version != nil { reject(slot) }
      }
      check()
    }

    private mutating func reject(_ slot: Int) {
      let verdict = state.rejected(slot: slot, at: now)
      refused.insert(slot)
      #expect((verdict == .useAnother) == (state.best != nil))
      guard verdict == .refresh else { return }
      if let forced { #expect(now - forced >= KeyringState.refreshInterval) }
      forced = now
    }

    /// A refused value is never used, and nothing newer than what is used is good.
    private func check() {
      let good = state.slots.indices.filter { state.slots[$0].state.isGood }
      guard let best = state.best else { return #expect(good.isEmpty) }
      #expect(!refused.contains(best))
      #expect(good.allSatisfy { state.slots[$0].round <= state.slots[best].round })
    }
  }
}

/// SplitMix64, so that a failing seed fails again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
