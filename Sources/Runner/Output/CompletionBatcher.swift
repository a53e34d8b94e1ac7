package import Jobs
import Synchronization

/// Gathers what must be recorded and commits it in groups: one fsync for many results.
///
/// An answer is first kept in a journal that outlives the process, so its worker need not wait for
/// the commit; it is shown only after the commit. Everything that writes to the store or the
/// output files while a run works goes through the one loop here, so their orders agree.
package final class CompletionBatcher: Sendable {
  /// Results that start a commit at once.
  static let batch = 256
  /// The longest that a result waits for company.
  static let patience: Duration = .milliseconds(20)
  /// Results that may wait for their commit before workers are made to wait too.
  static let backlog = 4_096
  /// How often output files are made durable.
  static let syncInterval: Duration = .seconds(1)

  private struct Intake: Sendable {
    let segments: [Segment]
    let isLast: Bool
    let stored: CheckedContinuation<Void, any Error>
  }

  private struct Pending: Sendable {
    var flush = Flush()
    var intakes: [Intake] = []
    var blocked: [CheckedContinuation<Void, Never>] = []
  }

  private struct State: ~Copyable {
    var journal: AnswerJournal
    var pending = Pending()
    var round = 0
    var isClosed = false
    var failure: (any Error)?
    var writer: CheckedContinuation<Void, Never>?

    /// True when the loop has reason to commit without waiting for more.
    var isUrgent: Bool {
      pending.flush.results.count >= CompletionBatcher.batch || !pending.intakes.isEmpty
        || isClosed
    }

    var isFull: Bool {
      pending.flush.results.count >= CompletionBatcher.backlog && failure == nil
    }

    /// Keeps an answer until its commit, or until another process commits it after a failure; where
    /// the disk is full, in the room that was held back for this.
    ///
    /// - Returns: false when there is no way to keep it.
    mutating func keep(_ result: JobResult, under lease: SegmentLease) -> Bool {
      do throws(StoreError) {
        try journal.append(result, under: lease)
        return true
      } catch {
        failure = failure ?? error
        return journal.keepInReserve(result, under: lease)
      }
    }

    /// True when nothing is left to write; a reader of the input who comes later is turned away.
    mutating func end() -> Bool {
      guard pending.flush.isEmpty, pending.intakes.isEmpty else { return false }
      failure = CancellationError()
      return true
    }
  }

  /// What became of a result that was brought.
  package enum Completion: Sendable {
    /// It is committed soon.
    case taken
    /// The run has failed, and the next one commits it.
    case keptForLater
    /// It could not be kept.
    case lost
  }

  private let state: Mutex<State>
  private let store: any JobStore
  private let exporter: Exporter?
  private let alarm: AlarmClock
  private let clock: any RunClock
  private let events: any EventSink
  private let beforeCommit: @Sendable () throws -> Void
  private let onProgress: @Sendable (FlushReceipt) -> Void

  /// - Parameters:
  ///   - exporter: shows results; nil where nobody is to see them yet, as in a queue.
  ///   - beforeCommit: writes what must be written no later than the results; its failure ends the
  ///     run as that of a commit does.
  ///   - onProgress: told which segments closed or were lost, after each commit.
  package init(
    store: any JobStore,
    exporter: Exporter?,
    journal: consuming AnswerJournal,
    clock: any RunClock,
    events: any EventSink,
    beforeCommit: @escaping @Sendable () throws -> Void = {},
    onProgress: @escaping @Sendable (FlushReceipt) -> Void
  ) {
    state = Mutex(State(journal: journal))
    self.store = store
    self.exporter = exporter
    self.alarm = AlarmClock(clock: clock)
    self.clock = clock
    self.events = events
    self.beforeCommit = beforeCommit
    self.onProgress = onProgress
  }

  /// Stores segments of the input; returns once they are durable.
  ///
  /// - Throws: ``StoreError``, or `CancellationError` when ``run()`` has returned.
  package func append(_ segments: [Segment], isLast: Bool) async throws {
    try await withCheckedThrowingContinuation { stored in
      let intake = Intake(segments: segments, isLast: isLast, stored: stored)
      let failure: (any Error)? = change { state in
        if state.failure == nil { state.pending.intakes.append(intake) }
        return state.failure
      }
      if let failure { stored.resume(throwing: failure) }
    }
  }

  /// Takes a job's result, which from then on outlives the process.
  ///
  /// Waits only while too many others wait for their commit. After a failure of the disk or the
  /// store it is still kept, for the process that opens the batch next.
  package func complete(_ result: JobResult, under lease: SegmentLease) async -> Completion {
    let (completion, isFull) = change { state in
      guard state.keep(result, under: lease) else { return (Completion.lost, false) }
      guard state.failure == nil else { return (Completion.keptForLater, false) }
      state.pending.flush.results.append((lease, result))
      return (Completion.taken, state.isFull)
    }
    if isFull { await waitForRoom() }
    return completion
  }

  private func waitForRoom() async {
    await withCheckedContinuation { continuation in
      let isFull = state.withLock { state in
        if state.isFull { state.pending.blocked.append(continuation) }
        return state.isFull
      }
      if !isFull { continuation.resume() }
    }
  }

  /// Notes that a job waits for another attempt; goes down with the next commit.
  package func retryLater(_ job: RetryableJob, under lease: SegmentLease) {
    change { $0.pending.flush.retryable.append((lease, job)) }
  }

  /// Adds to the counters of the batch; goes down with the next commit.
  package func count(_ traffic: Traffic) {
    change { $0.pending.flush.traffic += traffic }
  }

  /// Notes what requests without an answer may have cost; goes down with the next commit.
  package func charge(_ unanswered: USD) {
    change { $0.pending.flush.unanswered += unanswered }
  }

  /// Notes how the accounts stand, for those who ask; goes down with the next commit.
  package func report(_ accounts: String) {
    change { $0.pending.flush.accounts = accounts }
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
        await gather()
        let (pending, turn, isClosed) = try take()
        defer { for worker in pending.blocked { worker.resume() } }
        let isSyncDue = clock.now - lastSync >= Self.syncInterval
        if isSyncDue { lastSync = clock.now }
        try await store(pending.intakes)
        try await commit(pending.flush, sync: isSyncDue)
        state.withLock { $0.journal.forget(turn) }
        if isClosed, state.withLock({ $0.end() }) { break }
      }
      try await commit(Flush(), sync: true)
      alarm.stop()
    } catch {
      fail(with: error)
      throw error
    }
  }

  /// Waits until there is a batch's worth, or the oldest entry has waited long enough.
  private func gather() async {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if state.isUrgent || state.failure != nil { return true }
        state.writer = continuation
        if !state.pending.flush.isEmpty { startTimer(round: state.round) }
        return false
      }
      if isReady { continuation.resume() }
    }
  }

  @discardableResult
  private func change<T: Sendable>(_ body: (inout State) -> T) -> T {
    let (value, writer) = state.withLock { state in
      let wasEmpty = state.pending.flush.isEmpty
      let value = body(&state)
      let isUrgent = state.isUrgent || state.failure != nil
      if wasEmpty, !isUrgent, state.writer != nil, !state.pending.flush.isEmpty {
        startTimer(round: state.round)
      }
      return (value, isUrgent ? state.writer.take() : nil)
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

  private func take() throws -> (Pending, AnswerJournal.Turn, isClosed: Bool) {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      defer {
        state.pending = Pending()
        state.round += 1
      }
      return (state.pending, state.journal.takeTurns(), state.isClosed)
    }
  }

  private func store(_ intakes: [Intake]) async throws {
    var waiting = intakes[...]
    do {
      while let intake = waiting.first {
        CrashPoint.reached(.queueing)
        let failures = try await store.append(intake.segments, isLast: intake.isLast)
        CrashPoint.reached(.queued)
        try await exporter?.append(failures)
        waiting.removeFirst()
        events.record(.jobsRead(intake.segments.reduce(0) { $0 + $1.jobCount }))
        if intake.isLast { events.record(.inputComplete) }
        if !failures.isEmpty {
          events.record(
            .committed(completed: 0, failed: failures.count, inputTokens: 0, outputTokens: 0)
          )
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
    if sync { flush.exports = try await exporter?.sync() ?? [] }
    guard !flush.isEmpty else { return }
    try beforeCommit()
    CrashPoint.reached(.committing)
    let receipt = try await store.commit(flush)
    CrashPoint.reached(.committed)
    try await exporter?.append(receipt.stored(of: flush))
    events.record(receipt.event(for: flush))
    onProgress(receipt)
  }

  private func fail(with error: any Error) {
    let pending = state.withLock { state in
      state.failure = error
      defer { state.pending = Pending() }
      return state.pending
    }
    alarm.stop()
    for intake in pending.intakes { intake.stored.resume(throwing: error) }
    for worker in pending.blocked { worker.resume() }
  }
}

extension FlushReceipt {
  /// The results of a flush that were new, as they lie in the store.
  fileprivate func stored(of flush: Flush) -> [StoredResult] {
    zip(flush.results, sequences).compactMap { entry, sequence in
      sequence.map {
        StoredResult(
          sequence: $0,
          job: entry.result.job,
          state: entry.result.state,
          line: entry.result.line
        )
      }
    }
  }

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
      completed: completed,
      failed: failed,
      inputTokens: input,
      outputTokens: output
    )
  }
}
