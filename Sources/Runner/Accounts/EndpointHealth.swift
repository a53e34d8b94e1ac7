/// Tells an outage of an endpoint from trouble with a single job, and probes until it is over.
///
/// A circuit breaker: closed while answers come; open after failures of several jobs in a row, more
/// of them where failures are frequent anyway; then single requests probe, at intervals that double
/// from 1 s up to 8 s, or when the provider says. While another endpoint of
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

  /// More than show that too many were sent at a time, which is no outage.
  static let failuresToTrip = 10
  static let jobsToTrip = 3
  /// A run of failures is an outage once it is less likely than this at the share of requests that
  /// failed before; a share above the other is not believed.
  static let chance = 1e-6
  static let largestShare = 0.6
  static let longestInterval = 8.0
  static let ejection = 30.0
  static let longestEjection = 300.0

  /// Nil while it is closed.
  private var breaker: Breaker?
  /// Failures since the last answer.
  private var run = FailureRun()
  /// When the first of the requests that failed in a row was sent.
  private var troubleSince: ContinuousClock.Instant?
  /// The share of requests that failed while others were answered.
  private var share: Double
  private var suspects = SuspectJobs()
  private var ejections = 0
  /// Counts the probes for ever, so that one of an earlier outage is never taken for the latest.
  private var probes = 0
  /// When the request was sent that was answered, and left last.
  private var lastSuccess: ContinuousClock.Instant?

  /// - Parameter share: how many requests of each fail as a rule, before that is known.
  package init(share: Double = 0) {
    self.share = share
  }

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

  /// A request was refused because too many were under way: what failed before it was so too.
  package mutating func crowded(_ ticket: Ticket, at now: ContinuousClock.Instant) {
    hasAnswered = true
    run = FailureRun()
    ended(ticket, at: now)
  }

  /// The provider answered; refusals of a job or a pace are answers too.
  ///
  /// While the endpoint is down, the answer to a request that was sent no later than the first that
  /// failed shows nothing.
  package mutating func succeeded(_ ticket: Ticket, at now: ContinuousClock.Instant) {
    hasAnswered = true
    if isDown, let troubleSince, ticket.sentAt <= troubleSince { return }
    if !isDown { share = run.share(after: share) }
    breaker = nil
    run = FailureRun()
    troubleSince = nil
    ejections = 0
    lastSuccess = max(lastSuccess ?? ticket.sentAt, ticket.sentAt)
  }

  /// A job was answered, so that it does not always fail.
  mutating func clear(_ job: Int) { suspects.remove(job) }

  /// A request failed.
  ///
  /// An outage fails no job. The failure is charged to the job when a request that was sent later
  /// was answered; when no more than two jobs have failed since; when most of those that did had
  /// failed while others were answered, so that only such jobs are left; and when nothing else has
  /// come for longer than outages last, since a batch whose last jobs always fail must end.
  ///
  /// - Parameters:
  ///   - failure: what is known of it.
  ///   - othersHealthy: whether another endpoint of the account is not down; the last one that is
  ///     healthy is never ejected.
  ///   - random: uniform in 0 ..< 1, spreads the probes.
  /// - Returns: whether it is charged.
  package mutating func failed(
    _ ticket: Ticket,
    _ failure: EndpointFailure,
    othersHealthy: Bool = false,
    at now: ContinuousClock.Instant,
    random: Double
  ) -> Bool {
    hasAnswered = hasAnswered || failure.answered
    let othersGotThrough = lastSuccess.map { $0 >= ticket.sentAt } ?? false
    if othersGotThrough, !failure.isBeforeLeaving { suspects.note(failure) }
    troubleSince = troubleSince ?? ticket.sentAt
    run.add(failure, isSuspect: suspects.contains(failure.job), share: share)
    let isJobsOwn = isJobsOwn(failure, at: now)
    if isJobsOwn, failure.cause == .fault {
      breaker = nil
    } else if isDown ? isLatestProbe(ticket) : run.isOutage {
      trip(after: failure.wait, othersHealthy: othersHealthy, at: now, random: random)
    }
    if othersGotThrough { return !failure.isBeforeLeaving && isCharged(failure, random) }
    return isJobsOwn || failure.isAboutRequest && run.jobs.count < Self.jobsToTrip
  }

  /// Nobody is let through for long: it is down at once.
  mutating func refused(
    _ ticket: Ticket,
    othersHealthy: Bool,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    hasAnswered = true
    troubleSince = troubleSince ?? ticket.sentAt
    trip(
      after: .seconds(Self.longestEjection),
      othersHealthy: othersHealthy,
      at: now,
      random: random
    )
  }

  /// Whether the run of failures is about its jobs, as far as can be told without an answer.
  private func isJobsOwn(_ failure: EndpointFailure, at now: ContinuousClock.Instant) -> Bool {
    if run.isOfSuspects { return true }
    guard let troubleSince, run.isOutage || isDown else { return false }
    return now - troubleSince > failure.patience
  }

  /// An overload that many meet is charged so seldom that one in a hundred thousand jobs at most
  /// fails by chance: as often as its share makes up for.
  private func isCharged(_ failure: EndpointFailure, _ random: Double) -> Bool {
    failure.cause == .fault || share <= 0.2 || random < 0.25 * (1 - share) / share
  }

  /// - Parameter wait: what the provider asked for.
  private mutating func trip(
    after wait: Duration?,
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
      probeAt: now + max(.seconds(interval * (0.75 + random / 4)), wait ?? .zero),
      ejectedUntil: othersHealthy ? now + .seconds(ejection) : now
    )
  }
}
