import Runner
import TestSupport

/// A client and the accounts that it uses, in virtual time and with jobs without end; times are
/// seconds.
struct PacingSimulation {
  /// An account: what the client thinks of it and what the provider does.
  struct Account {
    fileprivate(set) var controller: any PacingController
    fileprivate(set) var server: SimulatedServer
    /// Requests that left before a retry-after which the client had seen was over.
    fileprivate(set) var sentWhileHeld = 0
    fileprivate(set) var inFlight = 0
    fileprivate(set) var mostInFlight = 0
    fileprivate var heldUntil = 0.0

    init(_ controller: any PacingController, _ settings: ServerSettings, seed: UInt64) {
      self.controller = controller
      server = SimulatedServer(settings, seed: seed)
    }

    var books: ServerBooks { server.books }
  }

  /// A request on its way, or waiting to be sent again in its place.
  private struct Flight {
    var job: SimulatedJob
    var account: Int
    var verdict = Verdict.accepted
    var sighting = LimitSighting.nothing
  }

  private(set) var accounts: [Account]
  private let workload: Workload
  private let concurrency: Int
  private var random: SeededGenerator
  private var timeline = Timeline()
  private var flights: [Flight] = []
  private var free: [Int] = []
  private var returned: [SimulatedJob] = []
  private var wakesAt = Double.infinity

  init(_ accounts: [Account], _ workload: Workload, concurrency: Int = 1_000, seed: UInt64) {
    self.accounts = accounts
    self.workload = workload
    self.concurrency = concurrency
    random = SeededGenerator(seed: seed)
  }

  /// The books of the only account.
  var books: ServerBooks { accounts[0].books }

  /// Runs from the beginning until so many seconds have passed.
  mutating func run(seconds: Int) {
    timeline.add(.second, at: 1)
    letLeave(at: 0)
    var passed = 0
    while passed < seconds, let (now, event) = timeline.next() {
      switch event {
      case .arrives(let place): arrives(place, now)
      case .ends(let place): ends(place, now)
      case .returns(let place): returns(place, now)
      case .leavesAgain(let place): leave(place, now)
      case .comesBack(let job):
        returned.append(job)
        letLeave(at: now)
      case .wakes:
        if now >= wakesAt { wakesAt = .infinity }
        letLeave(at: now)
      case .second:
        passed += 1
        for index in accounts.indices { accounts[index].server.turn(to: passed) }
        timeline.add(.second, at: now + 1)
      }
    }
  }

  private mutating func letLeave(at now: Double) {
    while flights.count - free.count < concurrency {
      let job = returned.popLast() ?? workload.nextJob(using: &random)
      let place = free.last ?? flights.count
      var earliest = Double.infinity
      var taker: Int?
      for index in accounts.indices where taker == nil {
        switch accounts[index].controller.departure(of: job, place: place, at: now) {
        case .leaves: taker = index
        case .waits(let until): earliest = min(earliest, until)
        }
      }
      guard let taker else {
        returned.append(job)
        return wake(at: earliest, now)
      }
      if free.popLast() == nil { flights.append(Flight(job: job, account: taker)) }
      flights[place] = Flight(job: job, account: taker)
      accounts[taker].inFlight += 1
      accounts[taker].mostInFlight = max(accounts[taker].mostInFlight, accounts[taker].inFlight)
      leave(place, now)
    }
  }

  /// Timers of a busy machine are up to two milliseconds late.
  private mutating func wake(at time: Double, _ now: Double) {
    let time = max(time, now) + random.uniform(1e-6...0.002)
    guard time < wakesAt else { return }
    wakesAt = time
    timeline.add(.wakes, at: time)
  }

  private mutating func leave(_ place: Int, _ now: Double) {
    let account = flights[place].account
    if now < accounts[account].heldUntil { accounts[account].sentWhileHeld += 1 }
    let way = random.uniform(accounts[account].server.settings.network)
    timeline.add(.arrives(place), at: now + way)
  }

  private mutating func arrives(_ place: Int, _ now: Double) {
    let (job, account) = (flights[place].job, flights[place].account)
    flights[place].verdict = accounts[account].server.admit(job, at: now)
    let settings = accounts[account].server.settings
    guard case .accepted = flights[place].verdict else {
      // What is refused by chance is refused late: it cannot be told from work by its haste.
      guard settings.refusals != nil || settings.refusesLate else { return ends(place, now) }
      return timeline.add(.ends(place), at: now + settings.latency * random.uniform(0.9...1.1))
    }
    if settings.headers.areOfAdmission {
      flights[place].sighting = accounts[account].server.sighting(at: now)
    }
    let latency = settings.latency + settings.latencyPerToken * job.outputTokens
    let work = latency * random.uniform(0.9...1.1)
    timeline.add(.ends(place), at: now + accounts[account].server.timeToAnswer(work, at: now))
  }

  private mutating func ends(_ place: Int, _ now: Double) {
    let account = flights[place].account
    let headers = accounts[account].server.settings.headers
    switch flights[place].verdict {
    case .accepted:
      accounts[account].server.end(flights[place].job, at: now)
      if headers.areOfAdmission { break }
      flights[place].sighting = accounts[account].server.sighting(at: now)
    case .limited: flights[place].sighting = accounts[account].server.sighting(at: now)
    case .overloaded: flights[place].sighting = .nothing
    }
    let way = random.uniform(accounts[account].server.settings.network)
    timeline.add(.returns(place), at: now + way)
  }

  private mutating func returns(_ place: Int, _ now: Double) {
    let flight = flights[place]
    let account = flight.account
    let failed = flight.job.failed
    switch flight.verdict {
    case .accepted:
      accounts[account].controller.answered(
        flight.job,
        place: place,
        sighting: flight.sighting,
        at: now
      )
      leavePlace(place)
    case .limited(let meter, let wait):
      if accounts[account].server.settings.resetSkew == nil, let wait {
        accounts[account].heldUntil = max(accounts[account].heldUntil, now + wait)
      }
      let refusal = RateLimitRefusal(meter: meter, retryAfter: wait, sighting: flight.sighting)
      retry(
        failed,
        place,
        accounts[account].controller.limited(failed, place: place, refusal, at: now),
        now
      )
    case .overloaded(let wait):
      let next = accounts[account].controller
        .unavailable(failed, place: place, retryAfter: wait, at: now)
      retry(failed, place, next, now)
    }
    letLeave(at: now)
  }

  private mutating func retry(_ job: SimulatedJob, _ place: Int, _ retry: Retry, _ now: Double) {
    flights[place].job = job
    switch retry {
    case .leavesAfter(let wait):
      timeline.add(.leavesAgain(place), at: now + wait)
      return
    case .queues: returned.append(job)
    case .queuesAfter(let wait): timeline.add(.comesBack(job), at: now + wait)
    }
    leavePlace(place)
  }

  private mutating func leavePlace(_ place: Int) {
    accounts[flights[place].account].inFlight -= 1
    free.append(place)
  }
}
