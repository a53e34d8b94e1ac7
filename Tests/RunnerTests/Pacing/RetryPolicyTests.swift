import Runner
import Testing

@Suite struct `A retry policy` {
  @Test(arguments: [(1, 1.0), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (1_000, 60)])
  func `waits up to a bound that doubles to its cap`(_ failures: Int, _ bound: Double) {
    let policy = RetryPolicy()
    for random in [0, 0.25, 0.999] {
      let wait = policy.delay(after: failures, asked: nil, random: random).seconds
      #expect(abs(wait - bound * random) < 1e-9)
    }
  }

  @Test func `tries a job once in about an hour, whatever it is asked to wait`() {
    let asked = Duration.seconds(999_999_999_999)
    for random in [0, 0.5, 0.999] {
      let wait = RetryPolicy().delay(after: 8, asked: asked, random: random)
      #expect(wait >= .seconds(3_600) && wait <= .seconds(3_660))
    }
  }

  @Test(arguments: [0, 1, 59, 61, 3_600])
  func `never waits less than it is asked to`(_ seconds: Int) {
    let asked = Duration.seconds(seconds)
    for failures in 1...20 {
      for random in [0, 0.5, 0.999] {
        let wait = RetryPolicy().delay(after: failures, asked: asked, random: random)
        #expect(wait >= asked)
        #expect(wait <= max(asked + asked, .seconds(60)) && wait <= asked + .seconds(60))
        #expect(random == 0 || asked == .zero || wait > asked)
      }
    }
  }
}
