/// A request to an endpoint that failed.
package struct EndpointFailure: Sendable, Equatable {
  /// Whose request it was.
  package let job: Int
  package let cause: RetryCause
  /// What the provider asked for.
  package var wait: Duration?
  /// Whether any answer came, even a bad one.
  package var answered = true
  /// False for signs of an outage: overload, unreachable.
  package var isAboutRequest = true

  package init(
    job: Int,
    cause: RetryCause,
    wait: Duration? = nil,
    answered: Bool = true,
    isAboutRequest: Bool = true
  ) {
    self.job = job
    self.cause = cause
    self.wait = wait
    self.answered = answered
    self.isAboutRequest = isAboutRequest
  }

  /// Whether it failed before it left: no word on its job, whatever others meet.
  var isBeforeLeaving: Bool { !answered && !isAboutRequest }

  /// For how long nothing but failures may come before they are taken to be about the jobs.
  ///
  /// A server that answers with its own words works; one that does not may be out of order for long.
  var patience: Duration { cause == .fault ? .seconds(300) : .seconds(600) }
}

/// Failures since the last answer.
struct FailureRun: Sendable {
  private var failures = 0
  /// How likely so many in a row are.
  private var chance = 1.0
  /// Jobs that failed, three at most.
  private(set) var jobs: Set<Int> = []
  /// Failures of jobs that had failed while others were answered, and of the others.
  private var ofSuspects = 0
  private var ofOthers = 0

  mutating func add(_ failure: EndpointFailure, isSuspect: Bool, share: Double) {
    failures += 1
    chance *= min(share, EndpointHealth.largestShare)
    if jobs.count < EndpointHealth.jobsToTrip { jobs.insert(failure.job) }
    if isSuspect { ofSuspects += 1 } else { ofOthers += 1 }
  }

  /// True when they are so many that the endpoint must be down, unless they are about their jobs.
  var isOutage: Bool {
    failures >= EndpointHealth.failuresToTrip && jobs.count >= EndpointHealth.jobsToTrip
      && chance < EndpointHealth.chance && !isOfSuspects
  }

  /// Whether it is mostly of jobs that are known to fail.
  var isOfSuspects: Bool { ofSuspects > ofOthers }

  /// The share of requests that fail, a mean over about fifty, once an answer ended the run.
  func share(after share: Double) -> Double {
    var share = share
    for _ in 0..<min(failures, 50) { share += 0.02 * (1 - share) }
    return share * 0.98
  }
}

/// Jobs that failed while others were answered, once for a fault and twice for an overload.
struct SuspectJobs: Sendable {
  /// Of more than so many nothing is learnt, so that it does not grow for ever.
  private static let most = 10_000

  private var signs: [Int: Int] = [:]

  mutating func note(_ failure: EndpointFailure) {
    guard signs.count < Self.most || signs[failure.job] != nil else { return }
    signs[failure.job, default: 0] += failure.cause == .fault ? 2 : 1
  }

  func contains(_ job: Int) -> Bool { signs[job, default: 0] >= 2 }

  mutating func remove(_ job: Int) {
    if !signs.isEmpty { signs[job] = nil }
  }
}
