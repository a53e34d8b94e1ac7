import Jobs
import Runner
import TestSupport
import Testing

@Suite struct `A budget` {
  @Test(arguments: 0..<1_000)
  func `is never exceeded, and nearly used up when requests are small`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let cap = USD(nanos: .random(in: 1_000...1_000_000, using: &random))
    let dearest = max(1, cap.nanos / 40)
    var budget = BudgetState(cap: cap)
    var flying: [USD] = []
    var isExhausted = false
    while !isExhausted || !flying.isEmpty {
      if !isExhausted, Bool.random(using: &random) {
        switch budget.reserve(USD(nanos: .random(in: 1...dearest, using: &random))) {
        case .granted(let worst): flying.append(worst)
        case .wait: #expect(!flying.isEmpty)
        case .exhausted: isExhausted = true
        }
      } else if !flying.isEmpty {
        let worst = flying.remove(at: .random(in: 0..<flying.count, using: &random))
        switch Int.random(in: 0..<10, using: &random) {
        case 0: budget.forfeit(worst)
        case 1: budget.giveBack(worst)
        default:
          budget.settle(worst, cost: USD(nanos: .random(in: 0...worst.nanos, using: &random)))
        }
      }
      #expect(budget.spent + budget.reserved <= cap)
      #expect(budget.inFlight == flying.count)
    }
    #expect(budget.reserved == .zero)
    #expect(Double(budget.spent.nanos) >= 0.95 * Double(cap.nanos))
  }

  @Test func `waits for what is in flight before it gives up`() {
    var budget = BudgetState(cap: USD(nanos: 100))
    #expect(budget.reserve(USD(nanos: 60)) == .granted(USD(nanos: 60)))
    #expect(budget.reserve(USD(nanos: 60)) == .wait)
    budget.settle(USD(nanos: 60), cost: USD(nanos: 30))
    #expect(budget.reserve(USD(nanos: 60)) == .granted(USD(nanos: 60)))
    budget.forfeit(USD(nanos: 60))
    #expect(budget.reserve(USD(nanos: 60)) == .exhausted)
    #expect(budget.spent == USD(nanos: 90))
  }

  @Test func `raises its bounds when a request costs more than its own`() {
    var budget = BudgetState(cap: USD(nanos: 1_000))
    #expect(budget.reserve(USD(nanos: 10)) == .granted(USD(nanos: 10)))
    budget.settle(USD(nanos: 10), cost: USD(nanos: 8), worst: USD(nanos: 10))
    #expect(budget.reserve(USD(nanos: 10)) == .granted(USD(nanos: 10)))
    budget.settle(USD(nanos: 10), cost: USD(nanos: 40), worst: USD(nanos: 10))
    #expect(budget.reserve(USD(nanos: 10)) == .granted(USD(nanos: 50)))
    #expect(budget.reserve(USD(nanos: 200)) == .wait)
  }

  @Test func `books no more than was set aside, and takes nonsense for no way of counting`() {
    var budget = BudgetState(cap: USD(nanos: 1_000))
    for cost in [40, 1_000_000_000] {
      guard case .granted(let reserved) = budget.reserve(USD(nanos: 10)) else { return }
      let before = budget.spent
      budget.settle(reserved, cost: USD(nanos: cost), worst: USD(nanos: 10))
      #expect(budget.spent - before == min(reserved, USD(nanos: cost)))
    }
    #expect(budget.reserve(USD(nanos: 10)) == .granted(USD(nanos: 50)))
  }

  @Test func `without a cap lets everything go and counts it`() {
    var budget = BudgetState(cap: nil)
    for _ in 0..<100 { #expect(budget.reserve(USD(nanos: 7)) == .granted(USD(nanos: 7))) }
    for _ in 0..<100 { budget.settle(USD(nanos: 7), cost: USD(nanos: 3)) }
    #expect(budget.spent == USD(nanos: 300))
  }

  @Test func `counts what was spent before`() {
    var budget = BudgetState(cap: USD(nanos: 100), spent: USD(nanos: 100))
    #expect(budget.reserve(USD(nanos: 1)) == .exhausted)
    #expect(budget.reserve(.zero) == .granted(.zero))
  }
}
