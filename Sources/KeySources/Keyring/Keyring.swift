import Synchronization

/// The keys of one account: hands out the newest good one for each request, keeps it fresh, and
/// replaces one that the provider refuses.
///
/// Built over any number of sources, in order of preference among values of the same age. It never
/// reads by itself: whoever runs it calls ``poll()`` at ``nextDue``. All calls may come from any
/// task or thread.
package final class Keyring: Sendable {
  /// What the lock guards.
  struct Contents {
    var state: KeyringState
    /// The values by generation.
    var keys: [Int: Key] = [:]
    /// Why each source gives none at present.
    var problems: [KeySourceError?]
    /// Sources that have said that they changed.
    var hurried: Set<Int> = []
    var observer: (@Sendable (KeyEvent) -> Void)?
    /// What the observer has not heard yet.
    var untold: [KeyEvent] = []
  }

  private static let usualPatience = Duration.seconds(3)

  private let sources: [any KeySource]
  private let now: @Sendable () -> ContinuousClock.Instant
  private let unixMilliseconds: @Sendable () -> Int64
  private let contents: Mutex<Contents>
  private let telling = Mutex(())

  /// A keyring that holds nothing until ``load()``.
  ///
  /// - Parameters:
  ///   - sources: the account's sources, most preferred first.
  ///   - now: the clock, replaceable in tests.
  ///   - unixMilliseconds: the calendar, which says when keys expire.
  package init(
    sources: [any KeySource],
    policy: KeyringPolicy = KeyringPolicy(),
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    unixMilliseconds: @escaping @Sendable () -> Int64 = Timestamp.now
  ) {
    self.sources = sources
    self.now = now
    self.unixMilliseconds = unixMilliseconds
    contents = Mutex(
      Contents(
        state: KeyringState(sources: sources.count, policy: policy),
        problems: Array(repeating: nil, count: sources.count)
      )
    )
  }

  /// Whether the provider has accepted any key of this ring.
  package var everWorked: Bool { contents.withLock { $0.state.everWorked } }

  /// Whether a request could have a key now.
  package var canLease: Bool { contents.withLock { $0.state.canLease } }

  /// Whether it is too early to say that there is no key to be had.
  package var maySoonLease: Bool { contents.withLock { $0.state.maySoonLease } }

  /// Whether the key that would be leased is tried with one request, because it was refused before
  /// or its source has a newer one.
  package var isOnTrial: Bool { contents.withLock { $0.state.isOnTrial } }

  /// Tells what happens to the keys from here on, and first what has happened so far.
  ///
  /// The observer is called for one event after another, from whatever task caused one; it must
  /// not call the keyring.
  package func observe(_ observer: @escaping @Sendable (KeyEvent) -> Void) {
    contents.withLock { $0.observer = observer }
    tell()
  }

  /// Reads every source for the first time.
  ///
  /// - Parameter patience: how long to try again while a source cannot answer, or has nothing
  ///   there; unless told, a few seconds for those that cannot answer.
  /// - Throws: the first ``KeySourceError``, when any source has no usable key: a run should not
  ///   start with less than what the user named.
  package func load(patience: Duration? = nil) async throws(KeySourceError) {
    let end = now() + (patience ?? Self.usualPatience)
    let first = patience == .zero ? now() + Self.usualPatience : end
    let mayPass: Set<KeySourceError.Kind> =
      patience == nil ? [.unavailable] : [.unavailable, .missing]
    await read(Array(sources.indices), until: first)
    while let problem = contents.withLock({ $0.problems.lazy.compactMap(\.self).first }) {
      guard mayPass.contains(problem.kind), now() < end else { throw problem }
      // Cancelled means that nobody wants the keys any more: the problem stands.
      guard (try? await Task.sleep(until: min(end, nextDue), clock: .continuous)) != nil else {
        throw problem
      }
      await poll(until: end)
    }
  }

  /// Every value that it holds.
  package var values: [Key] { contents.withLock { Array($0.keys.values) } }

  /// The newest good key, on loan until ``release(_:)``; nil when there is none.
  package func lease() -> KeyLease? {
    contents.withLock { contents in
      guard let generation = contents.state.lease(), let key = contents.keys[generation] else {
        return nil
      }
      return KeyLease(key: key, generation: generation, turn: contents.state.turn)
    }
  }

  /// The request that had this loan has ended, however it did.
  package func release(_ lease: KeyLease) {
    change { $0.release(lease.generation) }
  }

  /// The provider accepted a request with this key.
  package func confirm(_ lease: KeyLease) {
    change { $0.confirm(lease.generation, turn: lease.turn) }
  }

  /// The provider refused this key (401): takes it out of use.
  ///
  /// - Returns: whether another good key is at hand, to send the request again with at no charge;
  ///   else ``poll()`` looks for one, at once if ``nextDue`` says so.
  package func reject(_ lease: KeyLease) -> Bool {
    change { $0.reject(lease.generation, turn: lease.turn, at: now()) } == .useAnother
  }

  /// When ``poll()`` has something to do.
  package var nextDue: ContinuousClock.Instant {
    contents.withLock { contents in
      let now = now()
      return contents.hurried.isEmpty ? contents.state.nextDue(at: now) : now
    }
  }

  /// Reads the sources whose time has come, and lets go of keys whose time is up.
  ///
  /// A source that fails keeps its last value for as long as the policy says. To be called by one
  /// task at a time; when that is cancelled, readings end early.
  ///
  /// - Parameter end: when readings over the network are broken off; nil for when they give up by
  ///   themselves.
  package func poll(until end: ContinuousClock.Instant? = nil) async {
    let due = change { [now] state in
      state.tick(at: now())
      return state.due(at: now())
    }
    let hurried = contents.withLock { contents in
      defer { contents.hurried = [] }
      return contents.hurried
    }
    let wanted = Set(due).union(hurried).sorted()
    if !wanted.isEmpty { await read(wanted, until: end) }
  }

  /// Watches those sources that can be watched, and calls `body` whenever ``poll()`` has become due
  /// by a change; returns when its task is cancelled.
  package func watch(_ body: @escaping @Sendable () -> Void) async {
    await withDiscardingTaskGroup { group in
      for (source, changes) in sources.map(\.changes).enumerated() {
        guard let changes else { continue }
        group.addTask {
          for await _ in changes {
            self.contents.withLock { _ = $0.hurried.insert(source) }
            body()
          }
        }
      }
    }
  }

  /// The key that a request would have now, by reference, version and fingerprint; nil for none.
  package var current: String? {
    contents.withLock { contents in
      contents.state.candidate.flatMap { contents.keys[$0] }.map { key in
        key.label.map { "\(key) version \($0)" } ?? key.description
      }
    }
  }

  /// Why there is no key to be had.
  package var exhaustion: String {
    contents.withLock { contents in
      sources.indices.map { source in
        if let problem = contents.problems[source] { return problem.description }
        let key = contents.state.newest(of: source)
          .flatMap { contents.keys[$0.generation]?.description }
        if sources[source].reference == .absent { return "no key was sent, and it wants one" }
        let refused = "the provider refused \(key ?? sources[source].reference.description), and "
        if case .environment = sources[source].reference {
          return refused + "a variable keeps its value while the program runs: stop it (^C), set "
            + "another one and run the same command, or keep the key in the keystore or a file"
        }
        return refused + "its source still holds the same value"
      }.joined(separator: "; ")
    }
  }

  /// What its user should know of its sources: how old the last word of those is that do not
  /// answer, and why they do not; and why another value is used than the one that a source gives.
  package var complaints: [String] {
    let now = now()
    return contents.withLock { contents in
      sources.indices.flatMap { source in
        [contents.silence(of: source, sources, at: now), contents.difference(at: source, sources)]
          .compactMap(\.self)
      }
    }
  }
}

// MARK: - Reading

extension Keyring {
  /// - Parameter end: when those that are asked over the network are broken off; nil for when they give
  ///   up by themselves.
  private func read(_ wanted: [Int], until end: ContinuousClock.Instant? = nil) async {
    let labels = contents.withLock { contents in
      let held = contents.state.beginReading(wanted, at: now())
      return zip(wanted, held).map { source, name in
        name.flatMap { contents.label(of: $0, from: source) }
      }
    }
    await withDiscardingTaskGroup { group in
      for (source, label) in zip(wanted, labels) {
        group.addTask { await self.read(source, unless: label, until: end) }
      }
    }
  }

  private func read(
    _ source: Int,
    unless label: String?,
    until end: ContinuousClock.Instant?
  ) async {
    do throws(KeySourceError) {
      let keys = try await fetch(source, unless: label, until: end)
      record(keys, from: source)
    } catch {
      contents.withLock { $0.problems[source] = error }
      change { $0.failed(source, error.kind, at: now()) }
    }
  }

  private func fetch(
    _ source: Int,
    unless label: String?,
    until end: ContinuousClock.Instant?
  ) async throws(KeySourceError) -> [Key]? {
    let source = sources[source]
    guard let end, source.isRemote else { return try await source.fetch(unless: label) }
    let wait = end - now()
    let silent = KeySourceError(
      .unavailable,
      "\(source.reference) did not answer for \(Int((wait / .seconds(1)).rounded())) s; see that its "
        + "store is up, or wait longer with --wait-for-secrets"
    )
    let (readings, reading) = AsyncStream<Result<[Key]?, KeySourceError>>.makeStream()
    let asking = Task {
      do throws(KeySourceError) {
        reading.yield(.success(try await source.fetch(unless: label)))
      } catch {
        reading.yield(.failure(error))
      }
    }
    let waiting = Task {
      try? await Task.sleep(for: wait)
      reading.yield(.failure(silent))
    }
    defer {
      asking.cancel()
      waiting.cancel()
    }
    // Not a group, which would wait for the one that hangs.
    for await first in readings { return try first.get() }
    throw silent
  }

  private func record(_ keys: [Key]?, from source: Int) {
    let (now, today) = (now(), unixMilliseconds())
    let offers = keys?.map { key in
      KeyringState.Offer(
        name: key.version,
        expires: key.expires.map { now + .milliseconds($0 - today) }
      )
    }
    change(also: { contents in
      contents.problems[source] = nil
      let added = contents.state.answered(source, offers, at: now)
      for key in keys ?? [] {
        if let generation = added[key.version] { contents.keys[generation] = key }
      }
    }) { _ in }
  }

  /// Makes a change, lets go of keys that are retired by it, and tells the observer.
  private func change<Result: Sendable>(
    also prepare: (inout Contents) -> Void = { _ in },
    _ body: (inout KeyringState) -> Result
  ) -> Result {
    let (result, isNews) = contents.withLock { contents in
      prepare(&contents)
      let result = body(&contents.state)
      if contents.state.hasEvents { contents.untold += contents.takeEvents(of: sources) }
      return (result, !contents.untold.isEmpty)
    }
    if isNews { tell() }
    return result
  }

  /// Tells the observer what it has not heard, one at a time, so that it hears all in order.
  private func tell() {
    telling.withLock { _ in
      guard let observer = contents.withLock({ $0.observer }) else { return }
      let events = contents.withLock { contents in
        defer { contents.untold = [] }
        return contents.untold
      }
      for event in events { observer(event) }
    }
  }
}
