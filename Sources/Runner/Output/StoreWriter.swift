package import Jobs
import Synchronization

/// The one writer of a run's store and output files: gathers what must be recorded and commits it in
/// groups, one fsync for many results.
///
/// An answer is first kept in a journal that outlives the process, so its slot need not wait for the
/// commit; it is shown only after the commit. Everything that writes to the store or the output files
/// while a run works goes through the one loop here, so their orders agree.
package final class StoreWriter: Sendable {
  /// The longest that a result waits for company.
  static let patience: Duration = .milliseconds(20)
  /// How often output files are made durable.
  static let syncInterval: Duration = .seconds(1)

  struct State: ~Copyable {
    var journal: AnswerJournal
    var pending: PendingWrites
    /// Which group is being gathered.
    var round = 0
    var isClosed = false
    var failure: (any Error)?
    var writer: CheckedContinuation<Void, Never>?

    var isUrgent: Bool { pending.isUrgent || isClosed || failure != nil }

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
      guard pending.isEmpty else { return false }
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

  let state: Mutex<State>
  let store: any JobStore
  let exporter: Exporter?
  let alarm: AlarmClock
  let clock: any RunClock
  let events: any EventSink
  let beforeCommit: @Sendable () throws -> Void
  let onProgress: @Sendable (FlushReceipt) -> Void

  /// - Parameters:
  ///   - exporter: shows results; nil where nobody is to see them yet, as in a queue.
  ///   - memory: the most bytes of results that wait for their commit or are in one; a larger result
  ///     is held alone.
  ///   - beforeCommit: writes what must be written no later than the results; its failure ends the
  ///     run as that of a commit does.
  ///   - onProgress: told which segments closed or were lost, after each commit.
  package init(
    store: any JobStore,
    exporter: Exporter?,
    journal: consuming AnswerJournal,
    memory: Int = 64 << 20,
    clock: any RunClock,
    events: any EventSink,
    beforeCommit: @escaping @Sendable () throws -> Void = {},
    onProgress: @escaping @Sendable (FlushReceipt) -> Void
  ) {
    state = Mutex(State(journal: journal, pending: PendingWrites(memory: memory)))
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
      let intake = PendingWrites.Intake(segments: segments, isLast: isLast, stored: stored)
      let failure: (any Error)? = change { state in
        if state.failure == nil { state.pending.intakes.append(intake) }
        return state.failure
      }
      if let failure { stored.resume(throwing: failure) }
    }
  }

  /// Takes a job's result, which from then on outlives the process.
  ///
  /// Waits only while others that wait for their commit leave no room. After a failure of the disk or
  /// the store it is still kept, for the process that opens the batch next.
  package func complete(_ result: JobResult, under lease: SegmentLease) async -> Completion {
    while true {
      let completion: Completion? = change { state in
        let isTaken = state.failure == nil
        if isTaken, !state.pending.hasRoom(for: result.line.count) { return nil }
        guard state.keep(result, under: lease) else { return .lost }
        guard state.failure == nil else { return .keptForLater }
        state.pending.add(result, under: lease)
        return .taken
      }
      if let completion { return completion }
      await waitForRoom(result.line.count)
    }
  }

  private func waitForRoom(_ size: Int) async {
    await withCheckedContinuation { continuation in
      let isFull = state.withLock { state in
        let isFull = state.failure == nil && !state.pending.hasRoom(for: size)
        if isFull { state.pending.blocked.append(continuation) }
        return isFull
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

  @discardableResult
  private func change<T: Sendable>(_ body: (inout State) -> T) -> T {
    let (value, writer) = state.withLock { state in
      let wasEmpty = state.pending.flush.isEmpty
      let value = body(&state)
      guard state.writer != nil else { return (value, CheckedContinuation<Void, Never>?.none) }
      if state.isUrgent { return (value, state.writer.take()) }
      if wasEmpty, !state.pending.flush.isEmpty { startTimer(round: state.round) }
      return (value, nil)
    }
    writer?.resume()
    return value
  }
}
