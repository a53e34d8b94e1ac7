import Jobs
import Synchronization

// The loop that commits what a store writer has gathered.
extension StoreWriter {
  /// Commits until ``close()``.
  ///
  /// - Throws: ``StoreError`` at the first failure of a write; nothing is tried after it.
  package func run() async throws {
    var lastSync = clock.now
    do {
      while true {
        await gather()
        let (pending, turn, isClosed) = try take()
        let isSyncDue = clock.now - lastSync >= Self.syncInterval
        if isSyncDue { lastSync = clock.now }
        try await store(pending.intakes)
        try await commit(pending.flush, sync: isSyncDue)
        let (blocked, isOver) = state.withLock { state in
          state.journal.forget(turn)
          return (state.pending.committed(), isClosed && state.end())
        }
        for slot in blocked { slot.resume() }
        if isOver { break }
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
        if state.isUrgent { return true }
        state.writer = continuation
        if !state.pending.flush.isEmpty { startTimer(round: state.round) }
        return false
      }
      if isReady { continuation.resume() }
    }
  }

  func startTimer(round: Int) {
    let deadline = clock.now + Self.patience
    Task {
      _ = await alarm.sleep(until: deadline)
      let writer = state.withLock { $0.round == round ? $0.writer.take() : nil }
      writer?.resume()
    }
  }

  private func take() throws -> (
    pending: (flush: Flush, intakes: [PendingWrites.Intake]), AnswerJournal.Turn, isClosed: Bool
  ) {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      state.round += 1
      return (state.pending.take(), state.journal.takeTurns(), state.isClosed)
    }
  }

  private func store(_ intakes: [PendingWrites.Intake]) async throws {
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

  /// Brings the output files up to a store from which results were taken back, after ``run()``.
  func repairExports(from store: any BatchStore) async throws {
    guard let exporter else { return }
    try await exporter.repair(from: store)
    // So that the next run need not compare them once more.
    var flush = Flush()
    flush.exports = try await exporter.sync()
    _ = try await store.commit(flush)
  }

  /// Looks at the output files once more, after ``run()``.
  func repairChangedExports(from store: any BatchStore) async throws {
    guard let exporter else { return }
    let paths = try await exporter.repairChanged(from: store)
    guard !paths.isEmpty else { return }
    for path in paths { events.record(.repaired(path)) }
    var flush = Flush()
    flush.exports = try await exporter.sync()
    _ = try await store.commit(flush)
  }

  private func fail(with error: any Error) {
    let (intakes, blocked) = state.withLock { state in
      state.failure = error
      return (state.pending.take().intakes, state.pending.committed())
    }
    alarm.stop()
    for intake in intakes { intake.stored.resume(throwing: error) }
    for slot in blocked { slot.resume() }
  }
}
