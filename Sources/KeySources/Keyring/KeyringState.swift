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
    package fileprivate(set) var state = KeyState.pending
    /// Requests that started with it and have not ended.
    package fileprivate(set) var inFlight = 0
    /// When the store takes it back.
    fileprivate let expires: ContinuousClock.Instant?
    /// Which reading brought it, and its place in what that reading brought.
    fileprivate var round: Int
    fileprivate var place: Int
    /// Whether its source still names it.
    fileprivate var isOffered = true
    /// How often it was refused, and when it is tried again.
    fileprivate var refusals = 0
    fileprivate var retryAt: ContinuousClock.Instant?
    fileprivate var warnings = 0

    fileprivate func isOlder(than other: Version) -> Bool {
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
  private static let warnings: [Duration] = [604_800, 86_400, 3_600].map { .seconds($0) }
  private static let firstQuarantine = Duration.seconds(60)
  private static let longestQuarantine = Duration.seconds(600)

  /// Every value that may be in use or may come back, oldest first.
  package private(set) var versions: [Version] = []
  /// Whether the provider has accepted any value.
  package private(set) var everWorked = false
  private var sources: [SourceHealth]
  private var nextGeneration = 1
  private var round = 0
  /// The sources that are being read for want of a good value.
  private var searching: Set<Int> = []
  private var events: [KeyringEvent] = []

  /// Nothing is known yet of a number of sources.
  package init(sources: Int, policy: KeyringPolicy = KeyringPolicy()) {
    self.sources = Array(repeating: SourceHealth(policy), count: sources)
  }

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

  /// Whether the value that ``lease()`` would give was refused before.
  package var isOnTrial: Bool { bestIndex.map { versions[$0].refusals > 0 } ?? false }

  private var bestIndex: Int? {
    let good = versions.indices
      .filter { versions[$0].state == .active || versions[$0].state == .pending }
      .sorted { versions[$1].isOlder(than: versions[$0]) }
    return good.first { index in
      let version = versions[index]
      let isOnTrial =
        version.state == .pending
        && (version.refusals > 0 || good.contains { versions[$0].state == .active })
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
  package mutating func confirm(_ generation: Int) {
    everWorked = true
    guard let index = index(of: generation), versions[index].state != .active,
      versions[index].state != .draining
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
  package mutating func reject(
    _ generation: Int,
    at now: ContinuousClock.Instant
  ) -> Verdict {
    if let index = index(of: generation), [.pending, .active].contains(versions[index].state) {
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

  private mutating func drain(_ index: Int, _ reason: KeyringEvent.DrainReason) {
    guard versions[index].state != .draining else { return }
    versions[index].state = .draining
    events.append(.draining(generation: versions[index].generation, reason))
  }

  /// Forgets values that nobody uses and that cannot come back.
  private mutating func retireDrained() {
    let isDone: (Version) -> Bool = {
      $0.inFlight == 0 && ($0.state == .draining || ($0.state == .quarantined && !$0.isOffered))
    }
    for version in versions where isDone(version) {
      events.append(.retired(generation: version.generation))
    }
    versions.removeAll(where: isDone)
  }
}

// MARK: - Sources

extension KeyringState {
  /// The sources whose time to be read has come.
  package func due(at now: ContinuousClock.Instant) -> [Int] {
    sources.indices.filter { readTime(of: $0).map { $0 <= now } ?? true }
  }

  private func readTime(of source: Int) -> ContinuousClock.Instant? {
    guard let regular = sources[source].nextRead else { return nil }
    if canLease { return regular }
    return sources[source].nextSearch.map { min($0, regular) }
  }

  /// When something is due by the clock: a reading, an end, a warning, another try.
  package func nextDue(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    let reads = sources.indices.map { readTime(of: $0) ?? now }
    let lapses = sources.indices.filter { newest(of: $0) != nil }.compactMap { sources[$0].lapse }
    let complaints = sources.compactMap(\.nextComplaint)
    let retries = versions.compactMap { $0.state == .quarantined ? $0.retryAt : nil }
    let ends = versions.filter { $0.state != .draining }.compactMap { version in
      version.expires.map { end in
        version.warnings < Self.warnings.count ? end - Self.warnings[version.warnings] : end
      }
    }
    return (reads + lapses + complaints + retries + ends).min() ?? now
  }

  /// A reading of sources begins; the values that it brings count as equally new.
  ///
  /// - Returns: for each source the name of the value that it need not give again; nil where
  ///   everything it has is wanted, because no value is good.
  package mutating func beginReading(
    _ reading: [Int],
    at now: ContinuousClock.Instant
  ) -> [String?] {
    round += 1
    let isInNeed = !canLease
    return reading.map { source in
      guard isInNeed else { return newest(of: source)?.name }
      // The first reading of all is no sign that a search is in vain.
      if sources[source].nextRead != nil { sources[source].searched(at: now) }
      searching.insert(source)
      return nil
    }
  }

  /// A source said what it holds, newest first; nil when that is what it held before.
  ///
  /// - Returns: the generation of each offer that was not known.
  package mutating func answered(
    _ source: Int,
    _ offers: [Offer]?,
    at now: ContinuousClock.Instant
  ) -> [String: Int] {
    if sources[source].problem != nil { events.append(.sourceAnswered(source: source)) }
    let isSearch = searching.remove(source) != nil
    let added = offers.map { take($0, from: source, isSearch: isSearch) } ?? [:]
    sources[source].answered(isNews: !added.isEmpty, at: now)
    retireDrained()
    return added
  }

  /// An earlier value is taken only beside a new one, to bridge their overlap, or in need: else one
  /// that was replaced and wiped would come back with every reading.
  private mutating func take(
    _ offers: [Offer],
    from source: Int,
    isSearch: Bool
  ) -> [String: Int] {
    let isReordered = newest(of: source)?.name != offers.first?.name
    var added: [String: Int] = [:]
    for (place, offer) in offers.enumerated() {
      if let known = known(offer, from: source) {
        if isReordered { (versions[known].round, versions[known].place) = (round, place) }
      } else if place == 0 || isReordered || isSearch {
        added[offer.name] = add(offer, from: source, at: place)
      }
    }
    let names = Set(offers.map(\.name))
    for index in versions.indices
    where versions[index].source == source && !names.contains(versions[index].name) {
      versions[index].isOffered = false
      // An accepted one stays until its successor is accepted too.
      if versions[index].state == .pending { drain(index, .replaced) }
    }
    return added
  }

  private func known(_ offer: Offer, from source: Int) -> Int? {
    versions.firstIndex { version in
      version.source == source && version.name == offer.name && version.isOffered
        && version.state != .draining
    }
  }

  private func newest(of source: Int) -> Version? {
    versions.filter { $0.source == source && $0.isOffered && $0.state != .draining }
      .max { $0.isOlder(than: $1) }
  }

  private mutating func add(_ offer: Offer, from source: Int, at place: Int) -> Int {
    defer { nextGeneration += 1 }
    versions.append(
      Version(
        generation: nextGeneration,
        source: source,
        name: offer.name,
        expires: offer.expires,
        round: round,
        place: place
      )
    )
    events.append(.loaded(generation: nextGeneration))
    return nextGeneration
  }

  /// A source gave nothing.
  package mutating func failed(
    _ source: Int,
    _ kind: KeySourceError.Kind,
    at now: ContinuousClock.Instant
  ) {
    if sources[source].problem != kind { events.append(.sourceFailed(source: source)) }
    sources[source].failed(kind, at: now)
    searching.remove(source)
    if kind == .gone { drainAll(of: source, .gone) }
    retireDrained()
  }

  private mutating func drainAll(of source: Int, _ reason: KeyringEvent.DrainReason) {
    for index in versions.indices where versions[index].source == source { drain(index, reason) }
  }

  /// How old the last word of a source is that has stopped answering; nil while it is fresh enough.
  package func staleness(of source: Int, at now: ContinuousClock.Instant) -> Duration? {
    sources[source].staleness(at: now)
  }

  /// Time has passed: ends, warns and tries again what is due.
  package mutating func tick(at now: ContinuousClock.Instant) {
    for source in sources.indices {
      if let lapse = sources[source].lapse, lapse <= now { drainAll(of: source, .lapsed) }
      if let age = sources[source].complaint(at: now) {
        events.append(.stale(source: source, age: age))
      }
    }
    for index in versions.indices where versions[index].state != .draining {
      if let retryAt = versions[index].retryAt, retryAt <= now,
        versions[index].state == .quarantined
      {
        versions[index].state = .pending
        versions[index].retryAt = nil
        events.append(.retried(generation: versions[index].generation))
      }
      if let expires = versions[index].expires { approach(index, expires, at: now) }
    }
    retireDrained()
  }

  private mutating func approach(
    _ index: Int,
    _ expires: ContinuousClock.Instant,
    at now: ContinuousClock.Instant
  ) {
    if expires <= now { return drain(index, .expired) }
    let passed = Self.warnings.count { expires - now <= $0 }
    guard passed > versions[index].warnings else { return }
    versions[index].warnings = passed
    let within = Self.warnings[passed - 1]
    events.append(.expiring(generation: versions[index].generation, within: within))
  }
}
