import Simulator
import Testing

struct TokenBucketTests {
  @Test func `a full bucket gives its burst at once and then one token per interval`() {
    var bucket = TokenBucket(perMinute: 60, burst: .seconds(3))
    let atOnce = (0..<5).filter { _ in bucket.take(1, at: .zero) }
    #expect(atOnce.count == 3)
    #expect(bucket.take(1, at: .milliseconds(999)) == false)
    #expect(bucket.take(1, at: .seconds(1)) == true)
    #expect(bucket.take(1, at: .seconds(1)) == false)
  }

  @Test func `refill is continuous and stops at the capacity`() {
    var bucket = TokenBucket(perMinute: 60, burst: .seconds(10))
    #expect(bucket.take(10, at: .zero) == true)
    #expect(abs(bucket.remaining(at: .milliseconds(2500)) - 2.5) < 1e-9)
    #expect(bucket.remaining(at: .seconds(3600)) == 10)
  }

  @Test func `the wait it tells is exactly long enough`() {
    var bucket = TokenBucket(perMinute: 600, burst: .seconds(60))
    #expect(bucket.take(600, at: .zero) == true)
    let wait = bucket.wait(for: 25, at: .seconds(1))
    #expect(wait == .milliseconds(1500))
    #expect(bucket.take(25, at: .milliseconds(2499)) == false)
    #expect(bucket.take(25, at: .seconds(1) + wait) == true)
  }

  @Test func `a refused take takes nothing`() {
    var bucket = TokenBucket(perMinute: 60, burst: .seconds(5))
    #expect(bucket.take(4, at: .zero) == true)
    #expect(bucket.take(2, at: .zero) == false)
    #expect(bucket.remaining(at: .zero) == 1)
  }

  @Test func `what is charged after the fact becomes debt that must be worked off`() {
    var bucket = TokenBucket(perMinute: 60, burst: .seconds(10))
    bucket.charge(15, at: .zero)
    #expect(bucket.remaining(at: .zero) == 0)
    #expect(bucket.wait(for: 1, at: .zero) == .seconds(6))
    #expect(bucket.untilFull(at: .zero) == .seconds(15))
  }

  @Test func `a request above the capacity passes a full bucket, which then owes the rest`() {
    var bucket = TokenBucket(perMinute: 60, burst: .seconds(10))
    #expect(bucket.take(30, at: .zero) == true)
    #expect(bucket.wait(for: 1, at: .zero) == .seconds(21))
  }

  @Test func `what is given back fills it no further than its capacity`() {
    var bucket = TokenBucket(perMinute: 60, burst: .seconds(10))
    #expect(bucket.take(8, at: .zero) == true)
    bucket.charge(-5, at: .zero)
    #expect(bucket.remaining(at: .zero) == 7)
    bucket.charge(-5, at: .zero)
    #expect(bucket.remaining(at: .zero) == 10)
  }

  @Test func `a change keeps what is in it, as far as there is room`() {
    var bucket = TokenBucket(perMinute: 60, burst: .seconds(10))
    bucket.change(perMinute: 30, burst: .seconds(10), at: .seconds(1))
    #expect(bucket.remaining(at: .seconds(1)) == 5)
    #expect(bucket.take(5, at: .seconds(1)) == true)
    bucket.change(perMinute: 120, burst: .seconds(10), share: 0.5, at: .seconds(3))
    #expect(bucket.remaining(at: .seconds(3)) == 1)
    #expect(bucket.remaining(at: .seconds(7)) == 5)
    #expect(bucket.wait(for: 6, at: .seconds(7)) == .milliseconds(500))
  }

  @Test func `over an hour it gives no more than the burst and the rate`() {
    var bucket = TokenBucket(perMinute: 100, burst: .seconds(6))
    var taken = 0
    for tick in 0..<36_000 where bucket.take(1, at: .milliseconds(tick * 100)) {
      taken += 1
    }
    #expect((6005...6010).contains(taken))
  }
}
