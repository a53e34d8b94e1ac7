import Synchronization

/// The keys of one account: hands out the newest good one for each request, and replaces a key
/// that the provider refuses.
///
/// Built over any number of sources, in order of preference among values of the same age. All
/// calls may come from any task or thread.
package final class Keyring: Sendable {
  /// What became of a refused key.
  package enum Rejection: Hashable, Sendable {
    /// Another good key is at hand: send the request again with ``Keyring/lease()``, at no charge.
    case replaced
    /// No good key is left, for the given reason: park the account, and try ``Keyring/refresh()``
    /// from time to time.
    case exhausted(String)
  }

  private struct Contents {
    var state: KeyringState
    var keys: [Key?]
    var best: Key?
    var problems: [KeySourceError?]
    var reading: Task<Void, Never>?

    /// Takes in what a source gave; a failure leaves the value it gave before.
    mutating func record(_ result: Result<Key, KeySourceError>, slot: Int) {
      switch result {
      case .success(let key):
        problems[slot] = nil
        if state.fetched(slot: slot, version: key.version) { keys[slot] = key }
        choose()
      case .failure(let problem):
        problems[slot] = problem
      }
    }

    mutating func reject(_ key: Key, at now: ContinuousClock.Instant) -> KeyringState.Verdict {
      let verdict = state.rejected(slot: keys.firstIndex { $0 === key }, at: now)
      choose()
      return verdict
    }

    private mutating func choose() {
      best = state.best.flatMap { keys[$0] }
    }
  }

  private let sources: [any KeySource]
  private let now: @Sendable () -> ContinuousClock.Instant
  private let contents: Mutex<Contents>

  /// A keyring that holds nothing until ``load()``.
  ///
  /// - Parameters:
  ///   - sources: the account's sources, most preferred first.
  ///   - now: the clock, replaceable in tests.
  package init(
    sources: [any KeySource],
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.sources = sources
    self.now = now
    let none = [Key?](repeating: nil, count: sources.count)
    contents = Mutex(
      Contents(
        state: KeyringState(sources: sources.count),
        keys: none,
        problems: Array(repeating: nil, count: sources.count)
      )
    )
  }

  /// Whether the provider has accepted any key of this ring.
  package var everWorked: Bool { contents.withLock { $0.state.everWorked } }

  /// Reads every source for the first time.
  ///
  /// - Throws: the first ``KeySourceError``, when any source has no usable key: a run should not
  ///   start with less than what the user named.
  package func load() async throws(KeySourceError) {
    await refresh()
    if let problem = contents.withLock({ $0.problems.lazy.compactMap(\.self).first }) {
      throw problem
    }
  }

  /// The newest good key, or nil when there is none and the account should be parked.
  package func lease() -> Key? {
    contents.withLock { $0.best }
  }

  /// The provider accepted a request with this key.
  package func confirm(_ key: Key) {
    contents.withLock { contents in
      guard let slot = contents.keys.firstIndex(where: { $0 === key }) else { return }
      contents.state.confirmed(slot: slot)
    }
  }

  /// The provider refused this key (401): takes it out of use and looks for another.
  ///
  /// When no other good key is at hand, all sources are read again at once; tasks that report a
  /// refusal meanwhile share that one reading, and at most one is forced every five seconds.
  package func reject(_ key: Key) async -> Rejection {
    let reading = contents.withLock { contents -> Task<Void, Never>? in
      switch contents.reject(key, at: now()) {
      case .useAnother: nil
      case .refresh: startReading(&contents)
      case .park: contents.reading
      }
    }
    await reading?.value
    return lease() == nil ? .exhausted(exhaustion) : .replaced
  }

  /// Reads all sources again.
  ///
  /// A changed value is used from the next ``lease()`` on; a source that fails keeps its last
  /// value. Calls made while one is under way wait for that one.
  package func refresh() async {
    await contents.withLock { startReading(&$0) }.value
  }

  /// The reading that is under way, or else a new one.
  private func startReading(_ contents: inout Contents) -> Task<Void, Never> {
    if let reading = contents.reading { return reading }
    contents.state.beginRound()
    let reading = Task { await self.readSources() }
    contents.reading = reading
    return reading
  }

  private func readSources() async {
    for (slot, source) in sources.enumerated() {
      let result: Result<Key, KeySourceError>
      do throws(KeySourceError) {
        guard let newest = try await source.fetch().first else {
          throw KeySourceError(.denied, "\(source.reference) gave no key")
        }
        result = .success(newest)
      } catch {
        result = .failure(error)
      }
      contents.withLock { $0.record(result, slot: slot) }
    }
    contents.withLock { $0.reading = nil }
  }

  private var exhaustion: String {
    contents.withLock { contents in
      zip(sources, contents.keys.indices).map { source, slot in
        if let problem = contents.problems[slot] { return problem.description }
        let key = contents.keys[slot]?.description ?? source.reference.description
        return "the provider refused \(key), and its source still holds the same value"
      }.joined(separator: "; ")
    }
  }
}
