import Runner
import Testing

@Suite struct `A pacer` {
  private let start = ContinuousClock.now

  private func pacer(_ limits: RateLimits = RateLimits(), output: Double = 100) -> Pacer {
    Pacer(limits: limits, expectedOutput: output, at: start)
  }

  @Test func `holds nothing back without limits`() {
    var pacer = pacer()
    for _ in 0..<1_000 { #expect(pacer.reserve(inputTokens: 1e6, at: start).leavesAt == start) }
  }

  @Test(
    arguments: [
      (RateLimits(requestsPerMinute: 60), 1.0),
      (RateLimits(inputTokensPerMinute: 6_000), 0.5),
      (RateLimits(outputTokensPerMinute: 6_000), 1.0),
      (
        RateLimits(requestsPerMinute: 6, inputTokensPerMinute: 60, outputTokensPerMinute: 600), 50.0
      ),
    ] as [(RateLimits, Double)]
  )
  func `spaces requests by the tightest limit`(_ limits: RateLimits, _ seconds: Double) {
    var pacer = pacer(limits)
    var times: [ContinuousClock.Instant] = []
    for _ in 0..<10 { times.append(pacer.reserve(inputTokens: 50, at: start).leavesAt) }
    #expect(times[0] == start)
    for (one, next) in zip(times.dropFirst(), times.dropFirst(2)) {
      #expect(abs((next - one).seconds - seconds) < 1e-6)
    }
  }

  @Test(arguments: [1, 60, 3_600, 86_400 * 30])
  func `waits as long as it is told however long`(_ seconds: Int) {
    var pacer = pacer()
    pacer.refused(for: .seconds(seconds), at: start, random: 0)
    let end = start + .seconds(seconds)
    #expect(pacer.isHeld(at: end - .nanoseconds(1)))
    #expect(!pacer.isHeld(at: end))
    #expect(pacer.earliest(at: start) == end)
    #expect(pacer.reserve(inputTokens: 1, at: start).leavesAt == end)
  }

  @Test func `counts those that wait through a hold once`() {
    let limits = RateLimits(requestsPerMinute: 60)
    var pacer = Pacer(limits: limits, expectedOutput: 0, at: start)
    let waiting = (0..<100).map { _ in pacer.reserve(inputTokens: 0, at: start).cost }
    let end = start + .seconds(30)
    pacer.refused(for: .seconds(30), at: start, random: 0)
    for cost in waiting { pacer.giveBack(cost, neverLeft: true) }
    #expect(pacer.earliest(at: end) == end)
    for _ in 0..<100 { _ = pacer.reserve(inputTokens: 0, at: end) }
    #expect(abs((pacer.earliest(at: end) - end).seconds - 99.75) < 1e-6)
  }

  @Test func `keeps the longest wait of several`() {
    var pacer = pacer()
    pacer.refused(for: .seconds(100), at: start, random: 0)
    pacer.refused(for: .seconds(5), at: start, random: 0)
    pacer.refused(for: nil, at: start, random: 0.9)
    #expect(pacer.earliest(at: start) == start + .seconds(100))
  }

  @Test func `doubles its wait up to a minute when it is told nothing`() {
    for random in [0.0, 0.5, 0.999] {
      var pacer = pacer()
      var now = start
      for round in 1...12 {
        pacer.refused(for: nil, at: now, random: random)
        let bound = min(60, 0.5 * Double(1 << round))
        let wait = (pacer.earliest(at: now) - now).seconds
        #expect(abs(wait - bound * (0.5 + random / 2)) < 1e-6)
        now = pacer.earliest(at: now)
      }
    }
  }

  @Test func `counts refusals of the same moment as one`() {
    var pacer = pacer()
    for _ in 0..<100 { pacer.refused(for: nil, at: start, random: 0) }
    #expect(pacer.earliest(at: start) == start + .milliseconds(500))
  }

  @Test func `begins again with short waits after a success`() {
    var pacer = pacer()
    var now = start
    for _ in 0..<5 {
      pacer.refused(for: nil, at: now, random: 0)
      now = pacer.earliest(at: now)
    }
    let cost = pacer.reserve(inputTokens: 1, at: now).cost
    pacer.settle(cost, with: cost)
    pacer.refused(for: nil, at: now, random: 0)
    #expect(pacer.earliest(at: now) == now + .milliseconds(500))
  }

  @Test func `expects the output that it has seen`() {
    var pacer = pacer(output: 1_000)
    for _ in 0..<200 {
      let cost = pacer.reserve(inputTokens: 1, at: start).cost
      pacer.settle(cost, with: Cost(inputTokens: 1, outputTokens: 40))
    }
    let expected = pacer.reserve(inputTokens: 1, at: start).cost.outputTokens
    #expect((40...41).contains(expected))
  }

  @Test func `lets a refused request cost no tokens`() {
    let limits = RateLimits(inputTokensPerMinute: 600, outputTokensPerMinute: 600)
    var pacer = pacer(limits)
    for _ in 0..<50 {
      let (cost, leavesAt) = pacer.reserve(inputTokens: 300, at: start)
      #expect((leavesAt - start).milliseconds == 0)
      pacer.giveBack(cost)
    }
  }

  @Test func `charges what was really used`() {
    var pacer = pacer(RateLimits(inputTokensPerMinute: 600), output: 0)
    let cost = pacer.reserve(inputTokens: 10, at: start).cost
    pacer.settle(cost, with: Cost(inputTokens: 100, outputTokens: 0))
    let wait = (pacer.earliest(at: start) - start).seconds
    #expect(abs(wait - (10 - TokenBucket.burst.seconds)) < 1e-6)
  }
}
