import Runner
import TestSupport
import Testing

@Suite struct `Second requests` {
  @Test func `take no more than their share of the tokens`() {
    for seed in UInt64(0)..<50 {
      var generator = SeededGenerator(seed: seed)
      let budget = Double.random(in: 0.001...0.2, using: &generator)
      var control = HedgeControl(HedgePolicy(after: .fixed(.seconds(1)), budget: budget))
      var all = 0.0
      var twice = 0.0
      for _ in 0..<2_000 {
        let tokens = Double(Int.random(in: 1...4_000, using: &generator))
        control.sent(tokens: tokens)
        all += tokens
        if Bool.random(using: &generator), control.take(tokens: tokens) {
          if Bool.random(using: &generator) {
            control.giveBack(tokens: tokens)
          } else {
            twice += tokens
          }
        }
        #expect(twice <= budget * all + 1e-6)
      }
      #expect(twice > 0.8 * budget * all - 4_000)
    }
  }

  @Test func `leave after a time that is fixed, or that 99 of 100 answers need`() {
    let fixed = HedgeControl(HedgePolicy(after: .fixed(.seconds(7))))
    #expect(fixed.age == .seconds(7))
    var control = HedgeControl(HedgePolicy())
    for latency in (1...99).shuffled() {
      #expect(control.age == nil)
      control.answered(after: .seconds(latency))
    }
    control.answered(after: .seconds(1_000))
    #expect(control.age == .seconds(99))
    for _ in 0..<100 { control.answered(after: .seconds(3)) }
    #expect(control.age == .seconds(3))
  }
}
