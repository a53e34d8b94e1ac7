/// The decisions of a ``Keyring``: which of an account's values to use, when to read their sources,
/// and what to do when the provider refuses one.
///
/// A pure value in the caller's time; it sees names of values, never the values. Every value that a
/// source gives gets a generation, a number that is never used again.
package struct KeyringState: Sendable {
  /// One value of one source.
  package struct Version: Hashable, Sendable {
    /// Names it for as long as it is known.
    package let generation: Int
    /// Which source gave it.
    package let source: Int
    /// Which value it is: equal values have equal names.
    package let name: String
    package internal(set) var state = KeyState.pending
    /// Requests that started with it and have not ended.
    package internal(set) var inFlight = 0
    /// When the store takes it back.
    let expires: ContinuousClock.Instant?
    /// Which reading brought it, and its place in what that reading brought.
    var round: Int
    var place: Int
    /// Whether its source still names it.
    var isOffered = true
    /// How often it was refused, and when it is tried again.
    var refusals = 0
    /// The last of its requests, by their turn, that was refused.
    var refusedTurn = 0
    var retryAt: ContinuousClock.Instant?
    var warnings = 0

    /// Whether it was refused before, or its source has a newer one.
    var isDoubtful: Bool { refusals > 0 || place > 0 }

    func isOlder(than other: Version) -> Bool {
      (round, -source, -place) < (other.round, -other.source, -other.place)
    }
  }

  /// What a source says of one of its values.
  package struct Offer: Hashable, Sendable {
    package let name: String
    package let expires: ContinuousClock.Instant?

    package init(name: String, expires: ContinuousClock.Instant? = nil) {
      self.name = name
      self.expires = expires
    }
  }

  /// What to do about a refused value.
  package enum Verdict: Hashable, Sendable {
    /// Another good one is there: send again with it.
    case useAnother
    /// Read the sources, now, then look again.
    case search
    /// No good one is left, and the sources were asked only just now.
    case park
  }

  /// How long before its end a value is spoken of: seven days, a day, an hour.
  static let warnings: [Duration] = [604_800, 86_400, 3_600].map { .seconds($0) }
  private static let firstQuarantine = Duration.seconds(10)
  private static let longestQuarantine = Duration.seconds(600)

  /// Every value that may be in use or may come back, oldest first.
  package internal(set) var versions: [Version] = []
  /// Whether the provider has accepted any value.
  package private(set) var everWorked = false
  /// The number of the latest request that was lent a value; later ones have higher numbers.
  package private(set) var turn = 0
  var sources: [SourceHealth]
  var nextGeneration = 1
  var round = 0
  /// The sources that are being read for want of a good value.
  var searching: Set<Int> = []
  var events: [KeyringEvent] = []

  /// Nothing is known yet of a number of sources.
  package init(sources: Int, policy: KeyringPolicy = KeyringPolicy()) {
    self.sources = Array(repeating: SourceHealth(policy), count: sources)
  }

  /// Whether ``takeEvents()`` has anything to tell.
  var hasEvents: Bool { !events.isEmpty }

  /// What has happened since this was last asked, in order.
  package mutating func takeEvents() -> [KeyringEvent] {
    defer { events = [] }
    return events
  }
}

// MARK: - Requests

extension KeyringState {
  /// The value for the next request, which is then in flight with it; nil when none is good.
  ///
  /// The newest good one. One that was not accepted yet proves itself with one request while an
  /// accepted one is there to carry the others; one that was refused is tried with one request.
  package mutating func lease() -> Int? {
    guard let index = bestIndex else { return nil }
    versions[index].inFlight += 1
    turn += 1
    return versions[index].generation
  }

  /// What ``lease()`` would give.
  package var candidate: Int? { bestIndex.map { versions[$0].generation } }

  /// Whether ``lease()`` would give one.
  package var canLease: Bool { bestIndex != nil }

  /// Whether it is too early to say that there is none: the sources were not asked since the last
  /// refusal, or a value is being tried.
  package var maySoonLease: Bool {
    let isTrying = versions.contains { $0.state == .pending && $0.inFlight > 0 }
    return isTrying || sources.allSatisfy { $0.searches == 0 }
  }

  /// Whether the value that ``lease()`` would give is tried with one request.
  package var isOnTrial: Bool {
    bestIndex.map { versions[$0].state == .pending && versions[$0].isDoubtful } ?? false
  }

  private var bestIndex: Int? {
    let good = versions.indices
      .filter { versions[$0].state == .active || versions[$0].state == .pending }
      .sorted { versions[$1].isOlder(than: versions[$0]) }
    return good.first { index in
      let version = versions[index]
      let isBehind = good.contains { versions[$0].state == .active }
      let isOnTrial = version.state == .pending && (version.isDoubtful || isBehind)
      return !isOnTrial || version.inFlight == 0
    }
  }

  /// A request ended, however it did.
  package mutating func release(_ generation: Int) {
    guard let index = index(of: generation) else { return }
    versions[index].inFlight -= 1
    retireDrained()
  }

  /// The provider accepted a request.
  ///
  /// Slow answers to requests that began before the one that was refused say nothing: the value was
  /// good then. One that began later says that the refusal was a mistake.
  ///
  /// - Parameter turn: which request it was; the latest unless told.
  package mutating func confirm(_ generation: Int, turn: Int? = nil) {
    everWorked = true
    guard let index = index(of: generation), versions[index].state != .active,
      versions[index].state != .draining, versions[index].refusedTurn <= turn ?? self.turn
    else { return }
    versions[index].state = .active
    versions[index].refusals = 0
    versions[index].retryAt = nil
    sources[versions[index].source].satisfied()
    events.append(.accepted(generation: generation))
    for older in versions.indices
    where versions[older].source == versions[index].source
      && versions[older].isOlder(than: versions[index])
    {
      drain(older, .replaced)
    }
    retireDrained()
  }

  /// The provider refused a value (401).
  ///
  /// - Parameter turn: which request it was; the latest unless told.
  package mutating func reject(
    _ generation: Int,
    turn: Int? = nil,
    at now: ContinuousClock.Instant
  ) -> Verdict {
    let index = index(of: generation)
    if let index {
      versions[index].refusedTurn = max(versions[index].refusedTurn, turn ?? self.turn)
    }
    if let index, [.pending, .active].contains(versions[index].state) {
      let wait = Self.firstQuarantine * (1 << min(versions[index].refusals, 8))
      versions[index].state = .quarantined
      versions[index].refusals += 1
      versions[index].retryAt = now + min(Self.longestQuarantine, wait)
      events.append(.refused(generation: generation))
      retireDrained()
    }
    if canLease { return .useAnother }
    return sources.contains { $0.maySearch(at: now) } ? .search : .park
  }

  private func index(of generation: Int) -> Int? {
    versions.firstIndex { $0.generation == generation }
  }

  mutating func drain(_ index: Int, _ reason: KeyringEvent.DrainReason) {
    guard versions[index].state != .draining else { return }
    versions[index].state = .draining
    events.append(.draining(generation: versions[index].generation, reason))
  }

  /// Forgets values that nobody uses and that cannot come back.
  mutating func retireDrained() {
    let isDone: (Version) -> Bool = {
      $0.inFlight == 0 && ($0.state == .draining || ($0.state == .quarantined && !$0.isOffered))
    }
    for version in versions where isDone(version) {
      events.append(.retired(generation: version.generation))
    }
    versions.removeAll(where: isDone)
  }
}
