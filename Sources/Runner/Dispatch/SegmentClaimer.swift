package import Jobs

/// Claims segments when the dispatcher asks for them, and reads their jobs.
package struct SegmentClaimer: Sendable {
  private let dispatcher: Dispatcher
  private let store: any JobStore
  private let loader: JobLoader
  private let clock: any RunClock
  /// Whether to ask the others of a queue for the end; nil where the input ends by itself.
  private let endsWhenEmpty: Bool?
  private let pricing: Pricing
  private let preparer: JobPreparer
  /// Jobs from this number on are left to another run.
  private let limit: Int
  private let onRecovery: @Sendable (Recovery) -> Void

  /// - Parameters:
  ///   - endsWhenEmpty: of a queue whether it ends when nobody has anything left to do; nil for the
  ///     input of a run.
  ///   - limit: how many jobs of the input are run at most; nil for all.
  ///   - onRecovery: told what dead workers left behind.
  package init(
    _ dispatcher: Dispatcher,
    store: any JobStore,
    loader: JobLoader,
    clock: any RunClock,
    endsWhenEmpty: Bool?,
    pricing: Pricing,
    preparer: JobPreparer,
    limit: Int? = nil,
    onRecovery: @escaping @Sendable (Recovery) -> Void = { _ in }
  ) {
    self.dispatcher = dispatcher
    self.store = store
    self.loader = loader
    self.clock = clock
    self.endsWhenEmpty = endsWhenEmpty
    self.pricing = pricing
    self.preparer = preparer
    self.limit = limit ?? .max
    self.onRecovery = onRecovery
  }

  /// Claims until the supply ends or the run stops.
  ///
  /// - Throws: ``StoreError`` when the store fails or the input is not what it was.
  package func run() async throws {
    while let count = await dispatcher.claimIsDue() {
      CrashPoint.reached(.claiming)
      let claim = try await store.claim(count)
      CrashPoint.reached(.claimed)
      onRecovery(claim.recovery)
      // They come in the order of the input, so that behind one above the limit all are.
      let wanted = claim.segments.prefix { $0.firstJob < limit }
      for segment in wanted { try await take(segment) }
      let above = claim.segments.dropFirst(wanted.count).map(\.lease)
      if !above.isEmpty { try await store.release(above) }
      if wanted.isEmpty {
        dispatcher.tell(.claimed(.nothing(isAtEnd: try await isAtEnd())))
      } else {
        dispatcher.tell(.claimed(.segments))
      }
    }
  }

  private func isAtEnd() async throws -> Bool {
    endsWhenEmpty == true ? try await store.summary().isDrained : false
  }

  private func take(_ segment: ClaimedSegment) async throws {
    let now = clock.unixMilliseconds
    var jobs: [(job: Job, wait: Duration)] = []
    for (read, retry) in try await loader.jobs(of: segment) where read.number < limit {
      var job = read
      if pricing.isLimited { job.worst = await pricing.worst(of: job, preparer) }
      jobs.append((job, .milliseconds(retry?.wait(at: now) ?? 0)))
    }
    let bytes = jobs.first?.job.segment.bytes.count ?? 0
    dispatcher.tell(.leased(segment.lease, jobs, bytes: bytes))
  }
}
