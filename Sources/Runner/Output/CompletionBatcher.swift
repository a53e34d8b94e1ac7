package import Jobs
import Synchronization

/// Gathers what must be durable and commits it in groups: one fsync for many results.
///
/// A result is shown only after its commit. Everything that writes to the store or the output
/// files while a run works goes through the one loop here, so their orders agree.
package final class CompletionBatcher: Sendable {
  /// Results that start a commit at once.
  static let batch = 64
  /// The longest that a result waits for company.
  static let patience: Duration = .milliseconds(20)
  /// Results that may wait for their commit before workers are made to wait too.
  static let backlog = 4_096
  /// How often output files are made durable.
  static let syncInterval: Duration = .seconds(1)

  private struct Intake: Sendable {
    let segments: [SegmentDraft]
    let isLast: Bool
    let stored: CheckedContinuation<Void, any Error>
  }

  private struct State: Sendable {
    var flush = Flush()
    var slots: [Int] = []
    var intakes: [Intake] = []
    var round = 0
    var isClosed = false
    var failure: (any Error)?
    var writer: CheckedContinuation<Void, Never>?
    var blocked: [CheckedContinuation<Void, Never>] = []

    /// True when the loop has reason to commit without waiting for more.
    var isUrgent: Bool {
      flush.results.count >= CompletionBatcher.batch || !intakes.isEmpty || isClosed
    }
  }

  private let state = Mutex(State())
  private let store: any JobStore
  private let exporter: Exporter
  private let journal: SendJournal
  private let alarm: AlarmClock
  private let clock: any RunClock
  private let lease: Duration
  private let events: any EventSink
  private let onProgress: @Sendable (FlushReceipt) -> Void

  /// - Parameters:
  ///   - lease: how far each commit moves the end of the leases it touches.
  ///   - onProgress: told which segments closed or were lost, after each commit.
  package init(
    store: any JobStore, exporter: Exporter, journal: SendJournal, clock: any RunClock,
    lease: Duration, events: any EventSink,
    onProgress: @escaping @Sendable (FlushReceipt) -> Void
  ) {
    self.store = store
    self.exporter = exporter
    self.journal = journal
    self.alarm = AlarmClock(clock: clock)
    self.clock = clock
    self.lease = lease
    self.events = events
    self.onProgress = onProgress
  }

  /// Stores segments of the input; returns once they are durable.
  package func append(_ segments: [SegmentDraft], isLast: Bool) async throws {
    try await withCheckedThrowingContinuation { stored in
      let intake = Intake(segments: segments, isLast: isLast, stored: stored)
      let failure: (any Error)? = change { state in
        if state.failure == nil { state.intakes.append(intake) }
        return state.failure
      }
      if let failure { stored.resume(throwing: failure) }
    }
  }

  /// Takes a job's result; waits only while too many others wait for their commit.
  ///
  /// - Parameter slot: the job's place in the journal of sends, given back after the commit.
  package func complete(_ result: JobResult, under lease: SegmentLease, slot: Int?) async {
    let isFull = change { state in
      state.flush.results.append((lease, result))
      if let slot { state.slots.append(slot) }
      return state.flush.results.count >= Self.backlog && state.failure == nil
    }
    guard isFull else { return }
    await withCheckedContinuation { continuation in
      let isWaiting = state.withLock { state in
        guard state.flush.results.count >= Self.backlog, state.failure == nil else { return false }
        state.blocked.append(continuation)
        return true
      }
      if !isWaiting { continuation.resume() }
    }
  }

  /// Notes that a job waits for another attempt.
  package func retryLater(_ job: RetryableJob) {
    change { $0.flush.retryable.append(job) }
  }

  /// Adds to the counters of the batch.
  package func count(_ traffic: Traffic) {
    state.withLock { $0.flush.traffic += traffic }
  }

  /// Lets ``run()`` return once everything taken so far is written.
  package func close() {
    change { $0.isClosed = true }
  }

  /// Commits until ``close()``.
  ///
  /// - Throws: ``StoreError`` at the first failure of a write; nothing is tried after it.
  package func run() async throws {
    var lastSync = clock.now
    do {
      while true {
        let isClosed = await gather()
        let isSyncDue = isClosed || clock.now - lastSync >= Self.syncInterval
        try await writeOnce(sync: isSyncDue)
        if isSyncDue { lastSync = clock.now }
        if isClosed, state.withLock({ $0.flush.isEmpty && $0.intakes.isEmpty }) { break }
      }
      try await commit(Flush(), sync: true)
      alarm.stop()
    } catch {
      fail(with: error)
      throw error
    }
  }

  /// Waits until there is a batch's worth, or the oldest result has waited long enough.
  private func gather() async -> Bool {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if state.isUrgent { return true }
        state.writer = continuation
        if !state.flush.isEmpty { startTimer(round: state.round) }
        return false
      }
      if isReady { continuation.resume() }
    }
    return state.withLock { $0.isClosed }
  }

  @discardableResult
  private func change<T: Sendable>(_ body: (inout State) -> T) -> T {
    let (value, writer) = state.withLock { state in
      let wasEmpty = state.flush.isEmpty
      let value = body(&state)
      guard state.writer != nil else { return (value, nil as CheckedContinuation<Void, Never>?) }
      if state.isUrgent { return (value, state.writer.take()) }
      if wasEmpty { startTimer(round: state.round) }
      return (value, nil)
    }
    writer?.resume()
    return value
  }

  private func startTimer(round: Int) {
    let deadline = clock.now + Self.patience
    Task {
      _ = await alarm.sleep(until: deadline)
      let writer = state.withLock { $0.round == round ? $0.writer.take() : nil }
      writer?.resume()
    }
  }

  private func writeOnce(sync: Bool) async throws {
    let (flush, slots, intakes, blocked) = state.withLock { state in
      defer {
        state.flush = Flush()
        state.slots = []
        state.intakes = []
        state.blocked = []
        state.round += 1
      }
      return (state.flush, state.slots, state.intakes, state.blocked)
    }
    defer { for worker in blocked { worker.resume() } }
    try await store(intakes)
    try await commit(flush, sync: sync)
    for slot in slots { journal.clear(slot) }
  }

  private func store(_ intakes: [Intake]) async throws {
    var waiting = intakes[...]
    do {
      while let intake = waiting.first {
        let failures = try await store.append(intake.segments, isLast: intake.isLast)
        try await exporter.append(failures)
        waiting.removeFirst()
        events.record(.jobsRead(intake.segments.reduce(0) { $0 + $1.jobCount }))
        if intake.isLast { events.record(.inputComplete) }
        if !failures.isEmpty {
          events.record(
            .committed(completed: 0, failed: failures.count, inputTokens: 0, outputTokens: 0))
        }
        intake.stored.resume()
      }
    } catch {
      for intake in waiting { intake.stored.resume(throwing: error) }
      throw error
    }
  }

  private func commit(_ flush: Flush, sync: Bool) async throws {
    var flush = flush
    if sync { flush.exports = try await exporter.sync() }
    guard !flush.isEmpty else { return }
    let leaseEnd = clock.unixMilliseconds + lease.milliseconds
    let receipt = try await store.commit(flush, leaseEnd: leaseEnd)
    try await exporter.append(stored(flush, receipt))
    record(flush, receipt)
    onProgress(receipt)
  }

  private func stored(_ flush: Flush, _ receipt: FlushReceipt) -> [StoredResult] {
    zip(flush.results, receipt.sequences).compactMap { entry, sequence in
      sequence.map {
        StoredResult(
          sequence: $0, job: entry.result.job, state: entry.result.state, line: entry.result.line)
      }
    }
  }

  private func record(_ flush: Flush, _ receipt: FlushReceipt) {
    var (completed, failed, input, output) = (0, 0, 0, 0)
    for ((_, result), sequence) in zip(flush.results, receipt.sequences) where sequence != nil {
      completed += result.state == .completed ? 1 : 0
      failed += result.state == .failed ? 1 : 0
      input += result.inputTokens
      output += result.outputTokens
    }
    events.record(
      .committed(completed: completed, failed: failed, inputTokens: input, outputTokens: output))
  }

  private func fail(with error: any Error) {
    let (intakes, blocked) = state.withLock { state in
      state.failure = error
      defer {
        state.intakes = []
        state.blocked = []
      }
      return (state.intakes, state.blocked)
    }
    alarm.stop()
    for intake in intakes { intake.stored.resume(throwing: error) }
    for worker in blocked { worker.resume() }
  }
}
