import Runner
import TestSupport
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
      let failure = failure(of: job, answered: answered)
      _ = health.failed(ticket, failure, othersHealthy: othersHealthy, at: start, random: 1)
    }
    return health
  }

  private func failure(
    of job: Int,
    _ cause: RetryCause = .overload,
    wait: Duration? = nil,
    answered: Bool = true,
    isAboutRequest: Bool = false
  ) -> EndpointFailure {
    EndpointFailure(
      job: job,
      cause: cause,
      wait: wait,
      answered: answered,
      isAboutRequest: isAboutRequest
    )
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
    ([], false), (Array(1...9), false), ([Int](repeating: 1, count: 20), false),
    ((1...20).map { $0 % 2 }, false), ((1...10).map { $0 % 3 }, true), (Array(1...10), true),
  ])
  func `is bad after ten failures of three jobs`(_ jobs: [Int], _ isDown: Bool) {
    let health = failing(jobs)
    #expect(health.isDown == isDown)
    #expect((health.admission(at: start) == .open) == !isDown)
  }

  @Test func `is good again after any answer`() {
    var health = failing(Array(1...9))
    let ticket = health.sending(at: start)
    health.succeeded(ticket, at: start)
    _ = health.failed(ticket, failure(of: 5), at: start, random: 1)
    #expect(!health.isDown)
    var down = failing(Array(1...10))
    down.succeeded(down.sending(at: start + .milliseconds(1)), at: start)
    #expect(down.admission(at: start) == .open)
  }

  @Test func `stays bad when a request is answered that left before the trouble`() {
    var health = EndpointHealth()
    let early = health.sending(at: start - .seconds(9))
    for job in 1...10 {
      let ticket = health.sending(at: start)
      _ = health.failed(ticket, failure(of: job), at: start, random: 1)
    }
    health.succeeded(early, at: start)
    #expect(health.isDown)
  }

  @Test func `lets one probe through in an interval, however it hangs`() {
    var health = failing(Array(1...10))
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
    for job in 0..<10 {
      _ = health.failed(older[job], failure(of: job), at: start, random: 1)
    }
    let due = start + .seconds(1)
    let probe = health.sending(at: due)
    for job in 10..<30 {
      _ = health.failed(older[job], failure(of: job), at: due, random: 1)
      #expect(wait(health, at: due) == 8)
    }
    for ticket in older[30...] {
      health.ended(ticket, at: due)
      #expect(wait(health, at: due) == 8)
    }
    health.ended(probe, at: due)
    #expect(health.admission(at: due) == .probe)
    _ = health.failed(probe, failure(of: 50), at: due, random: 1)
    #expect(wait(health, at: due) == 2)
  }

  @Test func `the probe of an outage that is over decides nothing in the next`() {
    var health = failing(Array(1...10))
    let due = start + .seconds(1)
    let late = health.sending(at: due)
    health.succeeded(health.sending(at: due), at: due)
    for job in 1...10 {
      _ = health.failed(health.sending(at: due), failure(of: job), at: due, random: 1)
    }
    _ = health.sending(at: due + .seconds(1))
    _ = health.failed(late, failure(of: 6), at: due + .seconds(1), random: 1)
    #expect(wait(health, at: due + .seconds(1)) == 8)
  }

  @Test func `probes at intervals that double up to 8 s`() {
    for random in [0.0, 0.5, 1] {
      var health = failing(Array(1...9))
      var now = start
      var intervals: [Double] = []
      for _ in 0..<7 {
        _ = health.failed(health.sending(at: now), failure(of: 5), at: now, random: random)
        guard let wait = wait(health, at: now) else { break }
        intervals.append(wait / (0.75 + random / 4))
        now += .seconds(wait)
      }
      #expect(intervals.map { $0.rounded() } == [1, 2, 4, 8, 8, 8, 8])
    }
  }

  @Test func `is ejected for longer each time while others are healthy`() {
    var health = failing(Array(1...10), othersHealthy: true)
    var now = start
    var ejections: [Double] = []
    for _ in 0..<12 {
      guard let wait = wait(health, at: now, othersHealthy: true) else { break }
      ejections.append(wait)
      now += .seconds(wait)
      let probe = health.sending(at: now, othersHealthy: true)
      #expect(probe.isProbe)
      _ = health.failed(probe, failure(of: 6), othersHealthy: true, at: now, random: 1)
    }
    #expect(ejections == (1...10).map { Double($0) * 30 } + [300, 300])
  }

  @Test func `is probed at the breaker's pace once no other is healthy`() {
    let health = failing(Array(1...10), othersHealthy: true)
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

  @Test func `probes when the provider says`() {
    var health = failing(Array(1...9))
    let last = failure(of: 10, wait: .seconds(30))
    _ = health.failed(health.sending(at: start), last, at: start, random: 1)
    #expect(wait(health, at: start) == 30)
  }

  @Test(arguments: [2, 4, 20])
  func `is not bad because failures are frequent anyway`(_ nth: Int) {
    var health = EndpointHealth()
    var generator = SeededGenerator(seed: 1)
    var isBad = 0
    for job in 0..<20_000 {
      let now = start + .milliseconds(job)
      let ticket = health.sending(at: now)
      if Int.random(in: 0..<nth, using: &generator) == 0 {
        _ = health.failed(ticket, failure(of: job), at: now, random: 1)
      } else {
        health.succeeded(ticket, at: now)
      }
      isBad += health.isDown ? 1 : 0
    }
    #expect(isBad == 0)
  }
}

/// Which failures count against their jobs.
@Suite struct `A failure is charged to its job` {
  private let start = ContinuousClock.now

  private func time(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

  /// Sends a request and lets it fail a tenth of a second later; says whether that is charged.
  private func fail(
    _ health: inout EndpointHealth,
    _ job: Int,
    _ cause: RetryCause,
    isAboutRequest: Bool = true,
    at seconds: Double
  ) -> Bool {
    let failure = EndpointFailure(job: job, cause: cause, isAboutRequest: isAboutRequest)
    let ticket = health.sending(at: time(seconds))
    return health.failed(ticket, failure, at: time(seconds + 0.1), random: 0.5)
  }

  private func succeed(_ health: inout EndpointHealth, at seconds: Double) {
    health.succeeded(health.sending(at: time(seconds)), at: time(seconds + 0.1))
  }

  @Test(arguments: [RetryCause.fault, .overload], [true, false])
  func `when a request that was sent later was answered`(
    _ cause: RetryCause,
    _ isAboutRequest: Bool
  ) {
    var health = EndpointHealth()
    let ticket = health.sending(at: time(0))
    let failure = EndpointFailure(job: 1, cause: cause, isAboutRequest: isAboutRequest)
    succeed(&health, at: 1)
    let isCharged = health.failed(ticket, failure, at: time(5), random: 0.5)
    #expect(isCharged)
  }

  @Test func `when it is one of the first two, and never when nobody was reached`() {
    var health = EndpointHealth()
    let charged = (1...5).map { fail(&health, $0, .fault, at: Double($0)) }
    #expect(charged == [true, true, false, false, false])
    var silent = EndpointHealth()
    #expect(!fail(&silent, 1, .overload, isAboutRequest: false, at: 0))
  }

  @Test(arguments: [RetryCause.fault, .overload], [3, 60])
  func `in no outage at the tail`(_ cause: RetryCause, _ jobs: Int) {
    var health = EndpointHealth()
    for request in 0..<240 { succeed(&health, at: Double(request) / 100) }
    var charged = 0
    // Its first failures come from requests that were sent before the last answer came.
    for attempt in 0..<4 {
      for job in 0..<jobs {
        let seconds = 2.391 + Double(attempt) * 10 + Double(job) / 1_000
        charged += fail(&health, job, cause, at: seconds) ? 1 : 0
      }
    }
    #expect(charged <= 2)
  }

  @Test(arguments: [RetryCause.fault, .overload])
  func `when only jobs are left that failed while others were answered`(_ cause: RetryCause) {
    var health = EndpointHealth()
    for round in 0..<2 {
      let tickets = (0..<20).map { _ in health.sending(at: time(Double(round))) }
      succeed(&health, at: Double(round) + 0.5)
      for (job, ticket) in tickets.enumerated() {
        let failure = EndpointFailure(job: job, cause: cause)
        let end = time(Double(round) + 0.7)
        let isCharged = health.failed(ticket, failure, at: end, random: 0)
        #expect(isCharged)
      }
    }
    for attempt in 1...6 {
      for job in 0..<20 { #expect(fail(&health, job, cause, at: Double(10 * attempt))) }
    }
    #expect(cause == .overload || !health.isDown)
  }

  @Test(arguments: [(RetryCause.fault, 310.0), (.overload, 700)])
  func `when nothing else has come for longer than outages last`(
    _ cause: RetryCause,
    _ later: Double
  ) {
    var health = EndpointHealth()
    succeed(&health, at: 0)
    for job in 0..<20 { _ = fail(&health, job, cause, at: 1) }
    #expect(!fail(&health, 3, cause, at: later / 2))
    #expect(fail(&health, 3, cause, at: later))
  }
}
