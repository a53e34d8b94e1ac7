package import Jobs
import Synchronization

/// Gathers what must be recorded and commits it in groups.
///
/// Two steps: a result is *committed* at once, together with whatever came in while the commit
/// before was running, and is then safe from the death of the process; every 20 ms one of the
/// commits is made *durable*, safe from the death of the machine too, and only then is a result
/// shown. A worker waits for the first step, so that no more than its concurrency is ever lost.
///
/// Everything that writes to the store or the output files while a run works goes through the one
/// loop here, so their orders agree.
package final class CompletionBatcher: Sendable {
  /// The longest that a committed result waits to be made durable.
  static let beat: Duration = .milliseconds(20)
  /// How often output files are made durable.
  static let syncInterval: Duration = .seconds(1)

  private struct Intake: Sendable {
    let segments: [SegmentDraft]
    let isLast: Bool
    let stored: CheckedContinuation<Void, any Error>
  }

  private struct Pending: Sendable {
    var flush = Flush()
    var workers: [CheckedContinuation<Bool, Never>] = []
    var intakes: [Intake] = []
  }

  private struct State: Sendable {
    var pending = Pending()
    var isBeatDue = false
    var isClosed = false
    var failure: (any Error)?
    var writer: CheckedContinuation<Void, Never>?

    var hasWork: Bool {
      isBeatDue || isClosed || !pending.intakes.isEmpty || !pending.flush.results.isEmpty
    }

    /// True when nothing is left to write; a reader of the input who comes later is turned away.
    mutating func end() -> Bool {
      guard pending.flush.isEmpty, pending.intakes.isEmpty else { return false }
      failure = CancellationError()
      return true
    }
  }

  private let state = Mutex(State())
  private let store: any JobStore
  private let exporter: Exporter
  private let alarm: AlarmClock
  private let clock: any RunClock
  private let lease: Duration
  private let events: any EventSink
  private let onProgress: @Sendable (FlushReceipt) -> Void

  /// - Parameters:
  ///   - lease: how far each commit moves the end of the leases it touches.
  ///   - onProgress: told which segments closed or were lost, after each commit.
  package init(
    store: any JobStore, exporter: Exporter, clock: any RunClock, lease: Duration,
    events: any EventSink, onProgress: @escaping @Sendable (FlushReceipt) -> Void
  ) {
    self.store = store
    self.exporter = exporter
    self.alarm = AlarmClock(clock: clock)
    self.clock = clock
    self.lease = lease
    self.events = events
    self.onProgress = onProgress
  }

  /// Stores segments of the input; returns once they are durable.
  ///
  /// - Throws: ``StoreError``, or `CancellationError` when ``run()`` has returned.
  package func append(_ segments: [SegmentDraft], isLast: Bool) async throws {
    try await withCheckedThrowingContinuation { stored in
      let intake = Intake(segments: segments, isLast: isLast, stored: stored)
      let failure: (any Error)? = change { state in
        if state.failure == nil { state.pending.intakes.append(intake) }
        return state.failure
      }
      if let failure { stored.resume(throwing: failure) }
    }
  }

  /// Takes a job's result and waits for its commit.
  ///
  /// - Returns: false when the store has failed and the result is lost.
  package func complete(_ result: JobResult, under lease: SegmentLease) async -> Bool {
    await withCheckedContinuation { worker in
      let isLost = change { state in
        if state.failure != nil { return true }
        state.pending.flush.results.append((lease, result))
        state.pending.workers.append(worker)
        return false
      }
      if isLost { worker.resume(returning: false) }
    }
  }

  /// Notes that a job waits for another attempt; goes down with the next commit.
  package func retryLater(_ job: RetryableJob) {
    state.withLock { $0.pending.flush.retryable.append(job) }
  }

  /// Adds to the counters of the batch; goes down with the next commit.
  package func count(_ traffic: Traffic) {
    state.withLock { $0.pending.flush.traffic += traffic }
  }

  /// Lets ``run()`` return once everything taken so far is written.
  package func close() {
    change { $0.isClosed = true }
  }

  /// Commits until ``close()``.
  ///
  /// - Throws: ``StoreError`` at the first failure of a write; nothing is tried after it.
  package func run() async throws {
    var beats = BeatSchedule(at: clock.now)
    var committed: [StoredResult] = []
    var timer: ContinuousClock.Instant?
    do {
      while true {
        if !committed.isEmpty, timer != beats.next {
          timer = beats.next
          wake(at: beats.next)
        }
        await gather()
        let (pending, isClosed) = take()
        let due = isClosed ? .all : beats.due(at: clock.now)
        committed += try await write(pending, due)
        if due != .nothing {
          try await exporter.append(committed)
          committed = []
        }
        if isClosed, state.withLock({ $0.end() }) { break }
      }
      _ = try await write(Pending(), .all)
      alarm.stop()
    } catch {
      fail(with: error)
      throw error
    }
  }

  private func wake(at beat: ContinuousClock.Instant) {
    Task {
      _ = await alarm.sleep(until: beat)
      change { $0.isBeatDue = true }
    }
  }

  /// Waits until there is something to commit, or committed results are due to be made durable.
  private func gather() async {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if !state.hasWork { state.writer = continuation }
        return state.hasWork
      }
      if isReady { continuation.resume() }
    }
  }

  @discardableResult
  private func change<T: Sendable>(_ body: (inout State) -> T) -> T {
    let (value, writer) = state.withLock { state in
      let value = body(&state)
      return (value, state.hasWork ? state.writer.take() : nil)
    }
    writer?.resume()
    return value
  }

  private func take() -> (pending: Pending, isClosed: Bool) {
    state.withLock { state in
      defer {
        state.pending = Pending()
        state.isBeatDue = false
      }
      return (state.pending, state.isClosed)
    }
  }

  /// Writes what came in, input first; returns all new results in the order of their commits.
  private func write(_ pending: Pending, _ due: BeatSchedule.Due) async throws -> [StoredResult] {
    var isCommitted = false
    defer { for worker in pending.workers { worker.resume(returning: isCommitted) } }
    let failures = try await store(pending.intakes)
    let results = try await commit(pending.flush, due)
    isCommitted = true
    return failures + results
  }

  /// Stores segments; returns the failures in them, which are shown when it is their turn.
  private func store(_ intakes: [Intake]) async throws -> [StoredResult] {
    var stored: [StoredResult] = []
    var waiting = intakes[...]
    do {
      while let intake = waiting.first {
        let failures = try await store.append(intake.segments, isLast: intake.isLast)
        stored += failures
        waiting.removeFirst()
        events.record(.jobsRead(intake.segments.reduce(0) { $0 + $1.jobCount }))
        if intake.isLast { events.record(.inputComplete) }
        if !failures.isEmpty {
          events.record(
            .committed(completed: 0, failed: failures.count, inputTokens: 0, outputTokens: 0))
        }
        intake.stored.resume()
      }
      return stored
    } catch {
      for intake in waiting { intake.stored.resume(throwing: error) }
      throw error
    }
  }

  /// One commit; returns its results as they lie in the store.
  private func commit(_ pending: Flush, _ due: BeatSchedule.Due) async throws -> [StoredResult] {
    var flush = pending
    if due == .all { flush.exports = try await exporter.sync() }
    guard !flush.isEmpty || due != .nothing else { return [] }
    let leaseEnd = clock.unixMilliseconds + lease.milliseconds
    let receipt = try await store.commit(
      flush, leaseEnd: leaseEnd, isDurable: due != .nothing)
    events.record(receipt.event(for: flush))
    onProgress(receipt)
    return zip(flush.results, receipt.sequences).compactMap { entry, sequence in
      sequence.map {
        StoredResult(
          sequence: $0, job: entry.result.job, state: entry.result.state, line: entry.result.line)
      }
    }
  }

  private func fail(with error: any Error) {
    let pending = state.withLock { state in
      state.failure = error
      defer { state.pending = Pending() }
      return state.pending
    }
    alarm.stop()
    for intake in pending.intakes { intake.stored.resume(throwing: error) }
    for worker in pending.workers { worker.resume(returning: false) }
  }
}

/// When commits are made durable, and when output files are; a pure value.
package struct BeatSchedule: Sendable {
  /// How far a commit goes.
  package enum Due: Sendable, Equatable {
    /// Safe from the death of the process.
    case nothing
    /// Safe from the death of the machine.
    case durability
    /// The output files are made durable too.
    case all
  }

  private var lastBeat: ContinuousClock.Instant
  private var lastSync: ContinuousClock.Instant

  package init(at now: ContinuousClock.Instant) {
    lastBeat = now
    lastSync = now
  }

  /// When the next durable commit is due.
  package var next: ContinuousClock.Instant { lastBeat + CompletionBatcher.beat }

  /// What a commit at `now` has to be.
  package mutating func due(at now: ContinuousClock.Instant) -> Due {
    guard now >= next else { return .nothing }
    lastBeat = now
    guard now - lastSync >= CompletionBatcher.syncInterval else { return .durability }
    lastSync = now
    return .all
  }
}

extension FlushReceipt {
  /// What the commit of a flush means for those who count.
  fileprivate func event(for flush: Flush) -> RunEvent {
    var (completed, failed, input, output) = (0, 0, 0, 0)
    for ((_, result), sequence) in zip(flush.results, sequences) where sequence != nil {
      completed += result.state == .completed ? 1 : 0
      failed += result.state == .failed ? 1 : 0
      input += result.inputTokens
      output += result.outputTokens
    }
    return .committed(
      completed: completed, failed: failed, inputTokens: input, outputTokens: output)
  }
}
