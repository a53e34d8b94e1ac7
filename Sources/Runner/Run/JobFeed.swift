package import Jobs
import Synchronization

/// Hands jobs to workers and claims new segments before they run out.
package final class JobFeed: Sendable {
  /// Where new segments come from.
  package enum Supply: Sendable {
    /// From an input that is read meanwhile, and ends.
    case input
    /// From others, at any time; with `untilEmpty` the end is when nobody has anything left to do.
    case queue(untilEmpty: Bool)
  }

  /// How often a queue without work for us is looked at.
  static let pollInterval: Duration = .milliseconds(250)

  private struct State {
    var stock: JobStock
    var workers: [CheckedContinuation<Job?, Never>] = []
    var claimer: CheckedContinuation<Void, Never>?
    var isInputComplete = false
    var mayClaim = true
    var isStopped = false
  }

  private let state: Mutex<State>
  private let store: any JobStore
  private let supply: Supply
  private let loader: JobLoader
  private let alarm: AlarmClock
  private let clock: any RunClock
  /// Claims are due when fewer jobs than this are ready.
  private let lowWater: Int
  private let segmentJobs: Int
  private let onRemains: @Sendable (Remains) -> Void

  /// - Parameters:
  ///   - lease: of this worker.
  ///   - concurrency: how many workers will ask for jobs.
  ///   - onRemains: told what dead workers left behind.
  package init(
    store: any JobStore,
    supply: Supply,
    loader: JobLoader,
    alarm: AlarmClock,
    clock: any RunClock,
    lease: WorkerLease,
    concurrency: Int,
    onRemains: @escaping @Sendable (Remains) -> Void = { _ in }
  ) {
    self.store = store
    self.supply = supply
    self.loader = loader
    self.alarm = alarm
    self.clock = clock
    self.onRemains = onRemains
    switch supply {
    case .input:
      segmentJobs = SegmentAssembler.jobs
      lowWater = max(concurrency, segmentJobs)
    case .queue:
      // What one worker holds ready, others cannot take.
      segmentJobs = SQLiteJobStore.queuedJobs
      lowWater = concurrency / 4 + 1
    }
    state = Mutex(State(stock: JobStock(lease: lease, delayedLimit: 2 * concurrency + 1_024)))
  }

  /// The next job, or nil when there is none left or the run stops.
  package func next() async -> Job? {
    await withCheckedContinuation { continuation in
      let now = clock.now
      let answer: Job?? = change { state in
        switch state.stock.next(at: now) {
        case .job(let job): return .some(job)
        case .finished: return .some(nil)
        case .wait:
          state.workers.append(continuation)
          return nil
        }
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// True while the request of a job that was handed out may still leave: the job is ours, and
  /// nobody has taken it back or paused the batch.
  package func mayStart(_ job: Job) -> Bool {
    state.withLock { $0.stock.mayStart(job, at: clock.now) }
  }

  /// The job has its result.
  package func finish(_ job: Job) { change { $0.stock.queue.finish() } }

  /// The job goes to the next free worker; nothing was charged.
  package func giveBack(_ job: Job) { change { $0.stock.giveBack(job) } }

  /// The job waits, without a worker, until ``unshelve(_:)`` says that its model is served again.
  package func shelve(_ job: Job, for model: String) {
    change { $0.stock.queue.shelve(job, for: model) }
  }

  /// Accounts take jobs for a model again.
  package func unshelve(_ model: String) { change { $0.stock.queue.unshelve(model) } }

  /// The job is handed out again at `time`, unless the run stops before.
  package func retry(_ job: Job, at time: ContinuousClock.Instant) {
    change { $0.stock.queue.delay() }
    wait(for: job, until: time)
  }

  private func wait(for job: Job, until time: ContinuousClock.Instant) {
    Task {
      _ = await alarm.sleep(until: time)
      change { $0.stock.due(job) }
    }
  }

  /// New segments are in the store.
  package func inputGrew(isComplete: Bool) {
    change { state in
      state.isInputComplete = state.isInputComplete || isComplete
      state.mayClaim = true
    }
  }

  /// Results of some segments are durable.
  package func progressed(_ receipt: FlushReceipt) {
    change { $0.stock.progressed(receipt) }
  }

  /// The store has heard this worker, which spoke at `asked`.
  package func heard(_ heartbeat: Heartbeat, asked: ContinuousClock.Instant) {
    change { $0.stock.heard(heartbeat, asked: asked) }
  }

  /// Hands out nothing while the batch is paused.
  package func pause(_ isPaused: Bool) {
    change { $0.stock.isPaused = isPaused }
  }

  /// Hands out nothing more; workers that wait get nil.
  package func stop() {
    change { state in
      state.isStopped = true
      state.stock.queue.stop()
    }
  }

  /// True while jobs are left that have not been tried.
  package var hasUntriedJobs: Bool { state.withLock { $0.stock.queue.hasFresh } }

  /// Leases that are held now.
  package var leases: [SegmentLease] { state.withLock { $0.stock.leases } }

  /// Leases of which nothing is left to do here, although their segments are still open; they are
  /// to be handed back.
  package func takeExhausted() -> [SegmentLease] { state.withLock { $0.stock.takeExhausted() } }

  /// Claims segments whenever few jobs are ready, until the supply ends or the run stops.
  ///
  /// - Throws: ``StoreError`` when the store fails or the input is not what it was.
  package func run() async throws {
    while await claimIsDue() {
      let (isInputComplete, missing) = state.withLock { state in
        state.mayClaim = false
        return (state.isInputComplete, 2 * lowWater - state.stock.queue.ready)
      }
      CrashPoint.reached(.claiming)
      let claim = try await store.claim(max(1, min(64, missing / segmentJobs)))
      CrashPoint.reached(.claimed)
      onRemains(claim.remains)
      for segment in claim.segments { try await take(segment) }
      if !claim.segments.isEmpty {
        change { $0.mayClaim = true }
      } else if try await isAtEnd(isInputComplete) {
        change { $0.stock.queue.endSupply() }
      } else if case .queue = supply {
        claimLater()
      }
    }
  }

  private func isAtEnd(_ isInputComplete: Bool) async throws -> Bool {
    switch supply {
    case .input: isInputComplete
    case .queue(let untilEmpty): untilEmpty ? try await store.summary().isDrained : false
    }
  }

  private func claimLater() {
    Task {
      _ = await alarm.sleep(until: clock.now + Self.pollInterval)
      change { $0.mayClaim = true }
    }
  }

  private func take(_ segment: ClaimedSegment) async throws {
    let jobs = try await loader.jobs(of: segment)
    let now = clock.unixMilliseconds
    change { $0.stock.add(jobs, of: segment.lease, now: now) }
    for (job, retry) in jobs {
      guard let left = retry?.wait(at: now), left > 0 else { continue }
      wait(for: job, until: clock.now + .milliseconds(left))
    }
  }

  /// True when segments should be claimed; false when there will be no more need.
  private func claimIsDue() async -> Bool {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if isDecided(state) { return true }
        state.claimer = continuation
        return false
      }
      if isReady { continuation.resume() }
    }
    return state.withLock { !$0.isStopped && !$0.stock.queue.isSupplyEnded }
  }

  private func isDecided(_ state: State) -> Bool {
    state.isStopped || state.stock.queue.isSupplyEnded
      || (state.mayClaim && state.stock.queue.ready < lowWater)
  }

  /// Changes the state, then serves the workers and the claimer that the change concerns.
  @discardableResult
  private func change<T: Sendable>(_ body: (inout State) -> T) -> T {
    let now = clock.now
    let (value, served, claimer) = state.withLock { state in
      let value = body(&state)
      var served: [(CheckedContinuation<Job?, Never>, Job?)] = []
      serving: while let worker = state.workers.last {
        switch state.stock.next(at: now) {
        case .job(let job): served.append((worker, job))
        case .finished: served.append((worker, nil))
        case .wait: break serving
        }
        state.workers.removeLast()
      }
      let claimer = isDecided(state) ? state.claimer.take() : nil
      return (value, served, claimer)
    }
    for (worker, job) in served { worker.resume(returning: job) }
    claimer?.resume()
    return value
  }
}
