/// Tells an outage of an endpoint from trouble with a single job, and probes until it is over.
///
/// A circuit breaker: closed while answers come; open after failures of several jobs in a row;
/// then one request at a time probes, at intervals that double up to 15 s.
package struct EndpointHealth: Sendable {
  /// What the endpoint lets through.
  package enum Admission: Sendable, Equatable {
    case open
    /// This request is the probe; its end decides.
    case probe
    case closed(until: ContinuousClock.Instant)
  }

  private enum State: Sendable, Equatable {
    case closed
    case open(until: ContinuousClock.Instant)
    case probing
  }

  static let failuresToTrip = 5
  static let jobsToTrip = 3
  static let longestInterval = 15.0

  private var state = State.closed
  private var failures = 0
  private var failedJobs: Set<Int> = []
  private var trips = 0
  private var lastSuccess: ContinuousClock.Instant?

  package init() {}

  /// True once anything but silence has come from the endpoint.
  package private(set) var hasAnswered = false

  /// True while the endpoint is taken to be down.
  package var isDown: Bool { state != .closed }

  /// What the endpoint would say to a request now.
  package func admission(at now: ContinuousClock.Instant) -> Admission {
    switch state {
    case .closed: .open
    case .open(let until): until <= now ? .probe : .closed(until: until)
    case .probing: .closed(until: now + .seconds(1))
    }
  }

  /// A request is about to leave under the admission just given.
  package mutating func sending(at now: ContinuousClock.Instant) {
    if admission(at: now) == .probe { state = .probing }
  }

  /// A request ended without saying anything about the endpoint, such as a cancelled one.
  package mutating func ended(at now: ContinuousClock.Instant) {
    if state == .probing { state = .open(until: now) }
  }

  /// The provider answered; refusals of a job or a pace are answers too.
  package mutating func succeeded(at now: ContinuousClock.Instant) {
    self = EndpointHealth()
    lastSuccess = now
    hasAnswered = true
  }

  /// A request failed.
  ///
  /// - Parameters:
  ///   - job: whose request it was.
  ///   - answered: whether any answer came, even a bad one.
  ///   - isJobsOwn: true when the failure is about the request and no untried job is left that
  ///     could show whether the endpoint works; it is then taken to work.
  ///   - random: uniform in 0 ..< 1, spreads the probes.
  package mutating func failed(
    job: Int,
    answered: Bool,
    isJobsOwn: Bool = false,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    hasAnswered = hasAnswered || answered
    failures += 1
    if failedJobs.count < Self.jobsToTrip { failedJobs.insert(job) }
    let isOutage = failures >= Self.failuresToTrip && failedJobs.count >= Self.jobsToTrip
    if isJobsOwn {
      state = .closed
      return
    }
    guard state == .probing || (state == .closed && isOutage) else { return }
    let interval = min(Self.longestInterval, Double(1 << min(trips, 8)))
    trips += 1
    state = .open(until: now + .seconds(interval * (0.75 + random / 4)))
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
