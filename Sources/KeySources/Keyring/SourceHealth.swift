/// How one source has answered: when to read it again, and how long its last word counts.
///
/// A pure value in the caller's time.
struct SourceHealth: Sendable {
  /// The first wait after a failure, and after a search; both double from one to the next.
  ///
  /// Short enough that a key that is revoked a moment before its successor is stored costs little.
  private static let firstWait = (
    failure: Duration.milliseconds(250), search: Duration.milliseconds(50)
  )

  private let policy: KeyringPolicy
  /// When it last gave a value or said that its value is unchanged.
  private(set) var lastAnswer: ContinuousClock.Instant?
  /// Why it gives none at present.
  private(set) var problem: KeySourceError.Kind?
  private var failures = 0
  /// How often it was read for want of a value since it last brought one.
  private(set) var searches = 0
  private var regularRead: ContinuousClock.Instant?
  private var searchAllowed: ContinuousClock.Instant?
  private var isStalenessTold = false

  init(_ policy: KeyringPolicy) {
    self.policy = policy
  }

  /// When to read it next, by the clock alone; nil before the first time.
  var nextRead: ContinuousClock.Instant? { regularRead }

  /// When a search for another value may read it; nil for at once.
  var nextSearch: ContinuousClock.Instant? { searchAllowed }

  /// Whether a search for another value may read it now.
  func maySearch(at now: ContinuousClock.Instant) -> Bool {
    searchAllowed.map { $0 <= now } ?? true
  }

  /// It gave its values.
  mutating func answered(isNews: Bool, at now: ContinuousClock.Instant) {
    lastAnswer = now
    problem = nil
    isStalenessTold = false
    failures = 0
    regularRead = now + policy.refresh
    if isNews { satisfied() }
  }

  /// It gave none.
  mutating func failed(_ kind: KeySourceError.Kind, at now: ContinuousClock.Instant) {
    problem = kind
    failures += 1
    let longest = [.unavailable, .missing].contains(kind) ? policy.refresh : policy.negativeTTL
    regularRead = now + min(longest, Self.firstWait.failure * Self.doubled(failures))
  }

  /// It is read for want of another value.
  mutating func searched(at now: ContinuousClock.Instant) {
    searches += 1
    searchAllowed = now + min(policy.negativeTTL, Self.firstWait.search * Self.doubled(searches))
  }

  /// It has brought another value, or one that works: the next search need not wait long.
  mutating func satisfied() {
    searches = 0
  }

  /// When its values stop being good, if it goes on failing as it does.
  var lapse: ContinuousClock.Instant? {
    guard let lastAnswer else { return nil }
    switch problem {
    case nil: return nil
    case .unavailable, .missing: return lastAnswer + policy.ttl + policy.staleIfError
    default: return lastAnswer + policy.ttl
    }
  }

  /// How long ago it last answered, once that is longer than its values are used without a word.
  func staleness(at now: ContinuousClock.Instant) -> Duration? {
    guard problem != nil, let lastAnswer, now - lastAnswer >= policy.ttl else { return nil }
    return now - lastAnswer
  }

  /// When there is news of its staleness to tell; nil where there is none, or it was told.
  var nextComplaint: ContinuousClock.Instant? {
    guard problem != nil, !isStalenessTold, let lastAnswer else { return nil }
    return lastAnswer + policy.ttl
  }

  /// How stale it is, the first time this is asked after it has become so.
  mutating func complaint(at now: ContinuousClock.Instant) -> Duration? {
    guard !isStalenessTold, let age = staleness(at: now) else { return nil }
    isStalenessTold = true
    return age
  }

  private static func doubled(_ times: Int) -> Int {
    1 << min(times - 1, 16)
  }
}
