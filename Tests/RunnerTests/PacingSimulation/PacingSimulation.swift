import Runner

/// A client and a server in virtual time, with jobs without end; times are seconds.
struct PacingSimulation {
  /// A request on its way, or waiting to be sent again in its place.
  private struct Flight {
    var job: SimulatedJob
    var verdict = Verdict.accepted
    var sighting = LimitSighting.nothing
  }

  private(set) var controller: any PacingController
  private(set) var server: SimulatedServer
  /// Requests that left before a retry-after which the client had seen was over.
  private(set) var sentWhileHeld = 0
  private(set) var mostInFlight = 0

  private let workload: Workload
  private let concurrency: Int
  private var random: SplitMix
  private var timeline = Timeline()
  private var flights: [Flight] = []
  private var free: [Int] = []
  private var returned: [SimulatedJob] = []
  private var wakesAt = Double.infinity
  private var heldUntil = 0.0

  init(
    _ controller: any PacingController,
    _ settings: ServerSettings,
    _ workload: Workload = Workload(),
    concurrency: Int = 2_000,
    seed: UInt64
  ) {
    self.controller = controller
    self.workload = workload
    self.concurrency = concurrency
    random = SplitMix(state: seed)
    server = SimulatedServer(settings, seed: random.next())
  }

  var books: ServerBooks { server.books }

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
        server.turn(to: passed)
        timeline.add(.second, at: now + 1)
      }
    }
  }

  private mutating func letLeave(at now: Double) {
    while flights.count - free.count < concurrency {
      let job = returned.popLast() ?? workload.nextJob(using: &random)
      let place = free.last ?? flights.count
      switch controller.departure(of: job, place: place, at: now) {
      case .leaves:
        if free.popLast() == nil { flights.append(Flight(job: job)) }
        flights[place] = Flight(job: job)
        mostInFlight = max(mostInFlight, flights.count - free.count)
        leave(place, now)
      case .waits(let until):
        returned.append(job)
        wake(at: until, now)
        return
      }
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
    if now < heldUntil { sentWhileHeld += 1 }
    timeline.add(.arrives(place), at: now + random.uniform(server.settings.network))
  }

  private mutating func arrives(_ place: Int, _ now: Double) {
    let job = flights[place].job
    flights[place].verdict = server.admit(job, at: now)
    guard case .accepted = flights[place].verdict else {
      ends(place, now)
      return
    }
    if server.settings.headers.areOfAdmission {
      flights[place].sighting = server.sighting(at: now)
    }
    let latency = server.settings.latency + server.settings.latencyPerToken * job.outputTokens
    timeline.add(.ends(place), at: now + latency * random.uniform(0.9...1.1))
  }

  private mutating func ends(_ place: Int, _ now: Double) {
    var isAccepted = false
    if case .accepted = flights[place].verdict { isAccepted = true }
    if isAccepted { server.end(flights[place].job, at: now) }
    if case .overloaded = flights[place].verdict {
      flights[place].sighting = .nothing
    } else if !(isAccepted && server.settings.headers.areOfAdmission) {
      flights[place].sighting = server.sighting(at: now)
    }
    timeline.add(.returns(place), at: now + random.uniform(server.settings.network))
  }

  private mutating func returns(_ place: Int, _ now: Double) {
    let flight = flights[place]
    switch flight.verdict {
    case .accepted:
      free.append(place)
      controller.answered(flight.job, place: place, sighting: flight.sighting, at: now)
    case .limited(let meter, let retryAfter):
      heldUntil = max(heldUntil, now + (server.settings.resetSkew == nil ? retryAfter ?? 0 : 0))
      let refusal = Refusal(meter: meter, retryAfter: retryAfter, sighting: flight.sighting)
      flights[place].job.failures += 1
      retry(place, controller.limited(flight.job, place: place, refusal, at: now), now)
    case .overloaded:
      flights[place].job.failures += 1
      retry(place, controller.unavailable(flight.job, place: place, at: now), now)
    }
    letLeave(at: now)
  }

  private mutating func retry(_ place: Int, _ retry: Retry, _ now: Double) {
    switch retry {
    case .leavesAfter(let wait):
      timeline.add(.leavesAgain(place), at: now + wait)
      return
    case .queues: returned.append(flights[place].job)
    case .queuesAfter(let wait): timeline.add(.comesBack(flights[place].job), at: now + wait)
    }
    free.append(place)
  }
}
