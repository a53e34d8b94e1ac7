import Runner
import Testing

@Suite struct `A token bucket` {
  private let start = ContinuousClock.now

  @Test(arguments: [1, 60, 4_000, 80_000, 2_000_000])
  func `never gives more than its rate and its burst`(_ perMinute: Int) {
    var random = SplitMix(state: UInt64(perMinute))
    var bucket = TokenBucket(perMinute: perMinute, at: start)
    let rate = Double(perMinute) / 60
    let largest = max(1, rate / 2)
    var now = start
    var taken: [(at: Double, sum: Double)] = []
    var sum = 0.0
    for _ in 0..<5_000 {
      now += .seconds(Double.random(in: 0...1, using: &random) * largest / rate)
      let leavesAt = bucket.earliest(at: now)
      let amount = Double.random(in: 1...largest, using: &random)
      bucket.take(amount, at: now)
      taken.append(((leavesAt - start).seconds, sum))
      sum += amount
      if Bool.random(using: &random) { now = max(now, leavesAt) }
    }
    let burst = rate * TokenBucket.burst.seconds + largest
    for (index, end) in taken.enumerated() {
      for begin in taken[max(0, index - 40)...index] {
        // What left before `end` did, counted from `begin` on.
        #expect(end.sum - begin.sum <= rate * (end.at - begin.at) + burst + 1e-3 * rate)
      }
    }
  }

  @Test func `gives its whole rate when asked without pause`() {
    var bucket = TokenBucket(perMinute: 600, at: start)
    var now = start
    var count = 0
    while now < start + .seconds(60) {
      now = bucket.earliest(at: now)
      bucket.take(1, at: now)
      count += 1
    }
    #expect((600...605).contains(count))
  }

  @Test func `saves up no more than its burst`() {
    var bucket = TokenBucket(perMinute: 600, at: start)
    let later = start + .seconds(3_600)
    var count = 0
    while bucket.earliest(at: later) == later {
      bucket.take(1, at: later)
      count += 1
    }
    #expect(count == 3)
  }

  @Test func `settles an estimate with the real number`() {
    var charged = TokenBucket(perMinute: 60, at: start)
    charged.take(100, at: start)
    charged.settle(-90)
    var real = TokenBucket(perMinute: 60, at: start)
    real.take(10, at: start)
    #expect((charged.earliest(at: start) - real.earliest(at: start)).milliseconds == 0)
  }
}
