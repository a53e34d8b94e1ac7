package import Jobs
import Synchronization

/// Hands jobs to workers and claims new segments before they run out.
package final class JobFeed: Sendable {
  private struct State {
    var queue: JobQueue
    var workers: [CheckedContinuation<Job?, Never>] = []
    var leases: Set<SegmentLease> = []
    var claimer: CheckedContinuation<Void, Never>?
    var isInputComplete = false
    var mayClaim = true
    var isStopped = false
  }

  private let state: Mutex<State>
  private let store: any JobStore
  private let input: SegmentLoader
  private let alarm: AlarmClock
  private let clock: any RunClock
  private let lease: Duration
  private let lowWater: Int

  /// - Parameters:
  ///   - concurrency: how many workers will ask for jobs.
  ///   - lease: how long a claim lasts without a renewal.
  package init(
    store: any JobStore,
    input: SegmentLoader,
    alarm: AlarmClock,
    clock: any RunClock,
    lease: Duration,
    concurrency: Int
  ) {
    self.store = store
    self.input = input
    self.alarm = alarm
    self.clock = clock
    self.lease = lease
    lowWater = max(concurrency, SegmentAssembler.jobs)
    state = Mutex(State(queue: JobQueue(delayedLimit: 2 * concurrency + 1_024)))
  }

  /// The next job, or nil when there is none left or the run stops.
  package func next() async -> Job? {
    await withCheckedContinuation { continuation in
      let answer: Job?? = change { state in
        switch state.queue.next() {
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

  /// The job has its result.
  package func finish(_ job: Job) { change { $0.queue.finish() } }

  /// The job goes to the next free worker; nothing was charged.
  package func giveBack(_ job: Job) { change { $0.queue.giveBack(job) } }

  /// The job is handed out again at `time`, unless the run stops before.
  package func retry(_ job: Job, at time: ContinuousClock.Instant) {
    change { $0.queue.delay() }
    wait(for: job, until: time)
  }

  private func wait(for job: Job, until time: ContinuousClock.Instant) {
    Task {
      _ = await alarm.sleep(until: time)
      change { $0.queue.due(job) }
    }
  }

  /// New segments are in the store.
  package func inputGrew(isComplete: Bool) {
    change { state in
      state.isInputComplete = state.isInputComplete || isComplete
      state.mayClaim = true
    }
  }

  /// Some segments are closed or belong to somebody else now.
  package func progressed(_ receipt: FlushReceipt) {
    guard !receipt.closed.isEmpty || !receipt.fenced.isEmpty else { return }
    let gone = Set(receipt.closed + receipt.fenced)
    state.withLock { state in
      state.leases = state.leases.filter { !gone.contains($0.segment) }
    }
  }

  /// Hands out nothing more; workers that wait get nil.
  package func stop() {
    change { state in
      state.isStopped = true
      state.queue.stop()
    }
  }

  /// True while jobs are left that have not been tried.
  package var hasUntriedJobs: Bool { state.withLock { $0.queue.hasFresh } }

  /// Leases that are held now.
  package var leases: [SegmentLease] { state.withLock { Array($0.leases) } }

  /// Claims segments whenever few jobs are ready, until the input ends or the run stops.
  ///
  /// - Throws: ``StoreError`` when the store fails or the input is not what it was.
  package func run() async throws {
    while await claimIsDue() {
      let isInputComplete = state.withLock { state in
        state.mayClaim = false
        return state.isInputComplete
      }
      let missing = 2 * lowWater - state.withLock { $0.queue.ready }
      let count = max(1, min(64, missing / SegmentAssembler.jobs))
      let now = clock.unixMilliseconds
      // One process owns the batch, so that no lease in it can be a dead worker's: none is taken
      // over, however the wall clock jumps.
      CrashPoint.reached(.claiming)
      let claimed = try await store.claim(
        count,
        now: 0,
        leaseEnd: now + lease.milliseconds
      )
      CrashPoint.reached(.claimed)
      for segment in claimed { try await take(segment) }
      change { state in
        if !claimed.isEmpty { state.mayClaim = true }
        if claimed.isEmpty, isInputComplete { state.queue.endSupply() }
      }
    }
  }

  private func take(_ segment: ClaimedSegment) async throws {
    let jobs = segment.jobs(in: try await input.bytes(of: segment))
    let now = clock.unixMilliseconds
    change { state in
      state.leases.insert(segment.lease)
      state.queue.add(jobs.filter { $0.retry.map { $0.notBefore <= now } ?? true }.map(\.job))
      for (_, retry) in jobs where retry.map({ $0.notBefore > now }) ?? false {
        state.queue.addDelayed()
      }
    }
    for (job, retry) in jobs {
      guard let retry, retry.notBefore > now else { continue }
      wait(for: job, until: clock.now + .milliseconds(retry.notBefore - now))
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
    return state.withLock { !$0.isStopped && !$0.queue.isSupplyEnded }
  }

  private func isDecided(_ state: State) -> Bool {
    state.isStopped || state.queue.isSupplyEnded
      || (state.mayClaim && state.queue.ready < lowWater)
  }

  /// Changes the state, then serves the workers and the claimer that the change concerns.
  @discardableResult
  private func change<T: Sendable>(_ body: (inout State) -> T) -> T {
    let (value, served, claimer) = state.withLock { state in
      let value = body(&state)
      var served: [(CheckedContinuation<Job?, Never>, Job?)] = []
      serving: while let worker = state.workers.last {
        switch state.queue.next() {
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
