import Runner
import Testing

@Suite struct `An endpoint's health` {
  private let start = ContinuousClock.now

  /// An endpoint on which requests of these jobs have failed in turn.
  private func failing(_ jobs: [Int], answered: Bool = true) -> EndpointHealth {
    var health = EndpointHealth()
    for job in jobs { health.failed(job: job, answered: answered, at: start, random: 1) }
    return health
  }

  @Test(arguments: [
    ([], false), ([1, 2, 3, 4], false), ([1, 1, 1, 1, 1, 1, 1, 1], false),
    ([1, 2, 1, 2, 1, 2, 1, 2], false), ([1, 2, 3, 1, 2], true), ([1, 2, 3, 4, 5], true),
  ])
  func `is bad after five failures of three jobs`(_ jobs: [Int], _ isDown: Bool) {
    let health = failing(jobs)
    #expect(health.isDown == isDown)
    #expect((health.admission(at: start) == .open) == !isDown)
  }

  @Test func `is good again after any answer`() {
    var health = failing([1, 2, 3, 4])
    health.succeeded(at: start)
    health.failed(job: 5, answered: true, at: start, random: 1)
    #expect(!health.isDown)
    var down = failing([1, 2, 3, 4, 5])
    down.succeeded(at: start)
    #expect(down.admission(at: start) == .open)
  }

  @Test func `lets one probe through at a time`() {
    var health = failing([1, 2, 3, 4, 5])
    #expect(health.admission(at: start) == .closed(until: start + .seconds(1)))
    let due = start + .seconds(1)
    #expect(health.admission(at: due) == .probe)
    health.sending(at: due)
    guard case .closed = health.admission(at: due + .seconds(9)) else {
      Issue.record("a second probe was let through")
      return
    }
    health.ended(at: due + .seconds(9))
    #expect(health.admission(at: due + .seconds(9)) == .probe)
  }

  @Test func `probes at intervals that double up to 15 s`() {
    for random in [0.0, 0.5, 1] {
      var health = failing([1, 2, 3, 4])
      var now = start
      var intervals: [Double] = []
      for _ in 0..<7 {
        health.failed(job: 5, answered: true, at: now, random: random)
        guard case .closed(let until) = health.admission(at: now) else { break }
        intervals.append((until - now).seconds / (0.75 + random / 4))
        now = until
        health.sending(at: now)
      }
      #expect(intervals.map { $0.rounded() } == [1, 2, 4, 8, 15, 15, 15])
    }
  }

  @Test func `is not made worse by requests that left before it was bad`() {
    var health = failing([1, 2, 3, 4, 5])
    for job in 6..<100 { health.failed(job: job, answered: true, at: start, random: 1) }
    #expect(health.admission(at: start) == .closed(until: start + .seconds(1)))
  }

  @Test func `knows whether anything ever answered`() {
    #expect(!failing([1, 2, 3], answered: false).hasAnswered)
    #expect(failing([1], answered: true).hasAnswered)
    var health = EndpointHealth()
    health.succeeded(at: start)
    #expect(health.hasAnswered)
  }

  @Test func `charges a failure to its job when others got through meanwhile`() {
    var health = failing([1, 2, 3, 4, 5])
    health.succeeded(at: start + .seconds(5))
    for isAboutRequest in [true, false] {
      #expect(health.charges(sentAt: start, isAboutRequest: isAboutRequest))
      #expect(health.charges(sentAt: start + .seconds(5), isAboutRequest: isAboutRequest))
    }
    #expect(!health.charges(sentAt: start + .seconds(6), isAboutRequest: false))
  }

  @Test(arguments: [([1], true), ([1, 1, 1], true), ([1, 2], true), ([1, 2, 3], false)])
  func `charges nobody when several jobs fail in a row`(_ jobs: [Int], _ isCharged: Bool) {
    let health = failing(jobs)
    #expect(health.charges(sentAt: start, isAboutRequest: true) == isCharged)
    #expect(!health.charges(sentAt: start, isAboutRequest: false))
  }
}
