import Runner
import Testing

@Suite struct `An endpoint's health` {
  private let start = ContinuousClock.now

  /// An endpoint on which requests of these jobs have failed in turn.
  private func failing(
    _ jobs: [Int],
    answered: Bool = true,
    othersHealthy: Bool = false
  ) -> EndpointHealth {
    var health = EndpointHealth()
    let tickets = jobs.map { _ in health.sending(at: start) }
    for (job, ticket) in zip(jobs, tickets) {
      health.failed(
        ticket,
        job: job,
        answered: answered,
        othersHealthy: othersHealthy,
        at: start,
        random: 1
      )
    }
    return health
  }

  /// How long it is until the next probe, in seconds.
  private func wait(
    _ health: EndpointHealth,
    at now: ContinuousClock.Instant,
    othersHealthy: Bool = false
  ) -> Double? {
    let admission = health.admission(at: now, othersHealthy: othersHealthy)
    guard case .closed(let until) = admission else { return nil }
    return (until - now).seconds
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
    let ticket = health.sending(at: start)
    health.succeeded(ticket, at: start)
    health.failed(ticket, job: 5, answered: true, at: start, random: 1)
    #expect(!health.isDown)
    var down = failing([1, 2, 3, 4, 5])
    down.succeeded(down.sending(at: start + .milliseconds(1)), at: start)
    #expect(down.admission(at: start) == .open)
  }

  @Test func `stays bad when a request is answered that left before the trouble`() {
    var health = EndpointHealth()
    let early = health.sending(at: start - .seconds(9))
    for job in 1...5 {
      let ticket = health.sending(at: start)
      health.failed(ticket, job: job, answered: true, at: start, random: 1)
    }
    health.succeeded(early, at: start)
    #expect(health.isDown)
    #expect(!health.charges(sentAt: start, isAboutRequest: false))
  }

  @Test func `lets one probe through in an interval, however it hangs`() {
    var health = failing([1, 2, 3, 4, 5])
    #expect(health.admission(at: start) == .closed(until: start + .seconds(1)))
    let due = start + .seconds(1)
    #expect(health.admission(at: due) == .probe)
    let probe = health.sending(at: due)
    #expect(probe.isProbe)
    #expect(wait(health, at: due) == 8)
    #expect(!health.sending(at: due + .seconds(7)).isProbe)
    #expect(health.sending(at: due + .seconds(8)).isProbe)
    health.succeeded(probe, at: due + .seconds(9))
    #expect(!health.isDown)
  }

  @Test func `only the end of the probe decides when the next one leaves`() {
    var health = EndpointHealth()
    let older = (0..<50).map { _ in health.sending(at: start) }
    for job in 0..<5 {
      health.failed(older[job], job: job, answered: true, at: start, random: 1)
    }
    let due = start + .seconds(1)
    let probe = health.sending(at: due)
    for job in 5..<30 {
      health.failed(older[job], job: job, answered: true, at: due, random: 1)
      #expect(wait(health, at: due) == 8)
    }
    for ticket in older[30...] {
      health.ended(ticket, at: due)
      #expect(wait(health, at: due) == 8)
    }
    health.ended(probe, at: due)
    #expect(health.admission(at: due) == .probe)
    health.failed(probe, job: 50, answered: true, at: due, random: 1)
    #expect(wait(health, at: due) == 2)
  }

  @Test func `the probe of an outage that is over decides nothing in the next`() {
    var health = failing([1, 2, 3, 4, 5])
    let due = start + .seconds(1)
    let late = health.sending(at: due)
    health.succeeded(health.sending(at: due), at: due)
    for job in 1...5 {
      health.failed(health.sending(at: due), job: job, answered: true, at: due, random: 1)
    }
    _ = health.sending(at: due + .seconds(1))
    health.failed(late, job: 6, answered: true, at: due + .seconds(1), random: 1)
    #expect(wait(health, at: due + .seconds(1)) == 8)
  }

  @Test func `probes at intervals that double up to 8 s`() {
    for random in [0.0, 0.5, 1] {
      var health = failing([1, 2, 3, 4])
      var now = start
      var intervals: [Double] = []
      for _ in 0..<7 {
        health.failed(health.sending(at: now), job: 5, answered: true, at: now, random: random)
        guard let wait = wait(health, at: now) else { break }
        intervals.append(wait / (0.75 + random / 4))
        now += .seconds(wait)
      }
      #expect(intervals.map { $0.rounded() } == [1, 2, 4, 8, 8, 8, 8])
    }
  }

  @Test func `is ejected for longer each time while others are healthy`() {
    var health = failing([1, 2, 3, 4, 5], othersHealthy: true)
    var now = start
    var ejections: [Double] = []
    for _ in 0..<12 {
      guard let wait = wait(health, at: now, othersHealthy: true) else { break }
      ejections.append(wait)
      now += .seconds(wait)
      let probe = health.sending(at: now, othersHealthy: true)
      #expect(probe.isProbe)
      health.failed(probe, job: 6, answered: true, othersHealthy: true, at: now, random: 1)
    }
    #expect(ejections == (1...10).map { Double($0) * 30 } + [300, 300])
  }

  @Test func `is probed at the breaker's pace once no other is healthy`() {
    let health = failing([1, 2, 3, 4, 5], othersHealthy: true)
    #expect(wait(health, at: start, othersHealthy: true) == 30)
    #expect(wait(health, at: start, othersHealthy: false) == 1)
  }

  @Test func `is not made worse by requests that left before it was bad`() {
    let health = failing(Array(1..<100))
    #expect(health.admission(at: start) == .closed(until: start + .seconds(1)))
  }

  @Test func `knows whether anything ever answered`() {
    #expect(!failing([1, 2, 3], answered: false).hasAnswered)
    #expect(failing([1], answered: true).hasAnswered)
    var health = EndpointHealth()
    health.succeeded(health.sending(at: start), at: start)
    #expect(health.hasAnswered)
  }

  @Test func `charges a failure to its job when others got through meanwhile`() {
    var health = failing([1, 2, 3, 4, 5])
    health.succeeded(health.sending(at: start + .seconds(1)), at: start + .seconds(5))
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
