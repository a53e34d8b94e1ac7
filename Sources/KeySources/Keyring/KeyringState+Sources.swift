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
      if versions[index].state == .pending { drain(index, .withdrawn) }
    }
    return added
  }

  private func known(_ offer: Offer, from source: Int) -> Int? {
    versions.firstIndex { version in
      version.source == source && version.name == offer.name && version.isOffered
        && version.state != .draining
    }
  }

  /// The newest value that a source has.
  func newest(of source: Int) -> Version? {
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
