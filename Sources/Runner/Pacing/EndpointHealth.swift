/// Tells an outage of an endpoint from trouble with a single job, and probes until it is over.
///
/// A circuit breaker: closed while answers come; open after failures of several jobs in a row; then
/// single requests probe, at intervals that double from 1 s up to 8 s. While another endpoint of
/// the account is healthy, an open breaker also ejects: probes are then 30 s apart, and 30 s more
/// each time, up to 300 s (as in Envoy's outlier detection).
package struct EndpointHealth: Sendable {
  /// What the endpoint lets through.
  package enum Admission: Sendable, Equatable {
    case open
    /// This request is the probe; its end decides.
    case probe
    case closed(until: ContinuousClock.Instant)
  }

  /// What a request is to the endpoint's health, from its leaving to its end.
  package struct Ticket: Sendable, Equatable {
    package let sentAt: ContinuousClock.Instant
    /// Which probe it is, counted from 1; nil for any other request.
    fileprivate let probe: Int?

    package var isProbe: Bool { probe != nil }
  }

  private struct Breaker: Sendable {
    /// How often it has opened in a row, failed probes included.
    var trips: Int
    var probeAt: ContinuousClock.Instant
    /// No probe leaves before this while others are healthy.
    var ejectedUntil: ContinuousClock.Instant
  }

  static let failuresToTrip = 5
  static let jobsToTrip = 3
  static let longestInterval = 8.0
  static let ejection = 30.0
  static let longestEjection = 300.0

  /// Nil while it is closed.
  private var breaker: Breaker?
  private var failures = 0
  private var failedJobs: Set<Int> = []
  /// When the first of the requests that failed in a row was sent.
  private var troubleSince: ContinuousClock.Instant?
  private var ejections = 0
  /// Counts the probes for ever, so that one of an earlier outage is never taken for the latest.
  private var probes = 0
  private var lastSuccess: ContinuousClock.Instant?

  package init() {}

  /// True once anything but silence has come from the endpoint.
  package private(set) var hasAnswered = false

  /// True while the endpoint is taken to be down.
  package var isDown: Bool { breaker != nil }

  /// What the endpoint would say to a request now.
  ///
  /// - Parameter othersHealthy: whether another endpoint of the account can take the request.
  package func admission(
    at now: ContinuousClock.Instant,
    othersHealthy: Bool = false
  ) -> Admission {
    guard let breaker else { return .open }
    let until = othersHealthy ? max(breaker.probeAt, breaker.ejectedUntil) : breaker.probeAt
    return until <= now ? .probe : .closed(until: until)
  }

  /// A request is about to leave under the admission just given.
  ///
  /// - Returns: what its end has to be told with.
  package mutating func sending(
    at now: ContinuousClock.Instant,
    othersHealthy: Bool = false
  ) -> Ticket {
    guard admission(at: now, othersHealthy: othersHealthy) == .probe else {
      return Ticket(sentAt: now, probe: nil)
    }
    probes += 1
    // A probe that hangs holds up the next one no longer than one that failed would.
    breaker?.probeAt = now + .seconds(Self.longestInterval)
    return Ticket(sentAt: now, probe: probes)
  }

  private func isLatestProbe(_ ticket: Ticket) -> Bool { isDown && ticket.probe == probes }

  /// A request ended without saying anything about the endpoint, such as a cancelled one.
  package mutating func ended(_ ticket: Ticket, at now: ContinuousClock.Instant) {
    if isLatestProbe(ticket) { breaker?.probeAt = now }
  }

  /// The provider answered; refusals of a job or a pace are answers too.
  ///
  /// While the endpoint is down, the answer to a request that was sent no later than the first that
  /// failed shows nothing.
  package mutating func succeeded(_ ticket: Ticket, at now: ContinuousClock.Instant) {
    hasAnswered = true
    if isDown, let troubleSince, ticket.sentAt <= troubleSince { return }
    breaker = nil
    failures = 0
    failedJobs = []
    troubleSince = nil
    ejections = 0
    lastSuccess = now
  }

  /// A request failed.
  ///
  /// - Parameters:
  ///   - job: whose request it was.
  ///   - answered: whether any answer came, even a bad one.
  ///   - isJobsOwn: true when the failure is about the request and no untried job is left that
  ///     could show whether the endpoint works; it is then taken to work.
  ///   - othersHealthy: whether another endpoint of the account is not down; the last one that is
  ///     healthy is never ejected.
  ///   - random: uniform in 0 ..< 1, spreads the probes.
  package mutating func failed(
    _ ticket: Ticket,
    job: Int,
    answered: Bool,
    isJobsOwn: Bool = false,
    othersHealthy: Bool = false,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    hasAnswered = hasAnswered || answered
    failures += 1
    troubleSince = troubleSince ?? ticket.sentAt
    if failedJobs.count < Self.jobsToTrip { failedJobs.insert(job) }
    let isOutage = failures >= Self.failuresToTrip && failedJobs.count >= Self.jobsToTrip
    if isJobsOwn {
      breaker = nil
      return
    }
    guard isDown ? isLatestProbe(ticket) : isOutage else { return }
    trip(othersHealthy: othersHealthy, at: now, random: random)
  }

  private mutating func trip(
    othersHealthy: Bool,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    let trips = breaker?.trips ?? 0
    let interval = min(Self.longestInterval, Double(1 << min(trips, 8)))
    ejections += othersHealthy ? 1 : 0
    let ejection = min(Self.longestEjection, Self.ejection * Double(ejections))
    breaker = Breaker(
      trips: trips + 1,
      probeAt: now + .seconds(interval * (0.75 + random / 4)),
      ejectedUntil: othersHealthy ? now + .seconds(ejection) : now
    )
  }

  /// Whether a failure is the job's own: an outage fails no job.
  ///
  /// It is when another request got through since the job's was sent. It is also when the answer
  /// was about this request and no more than two jobs have failed in a row, or only such jobs are
  /// left: a batch of jobs that always fail must come to its end.
  ///
  /// - Parameters:
  ///   - isAboutRequest: false for signs of an outage: overload, unreachable.
  ///   - othersWait: true while jobs are left that have not been tried.
  package func charges(
    sentAt: ContinuousClock.Instant,
    isAboutRequest: Bool,
    othersWait: Bool = true
  ) -> Bool {
    if let lastSuccess, lastSuccess >= sentAt { return true }
    return isAboutRequest && (!othersWait || failedJobs.count < Self.jobsToTrip)
  }
}
