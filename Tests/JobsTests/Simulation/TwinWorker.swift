import Jobs
import Testing

/// Does everything on an engine and on the model, and expects the same of both.
final class TwinStore: JobStore {
  private let engine: any JobStore
  private let model: any JobStore

  init(_ engine: any JobStore, model: any JobStore) {
    (self.engine, self.model) = (engine, model)
  }

  /// What both answer; a difference is thrown, since all that follows would differ too.
  private func same<T>(
    _ ask: (any JobStore) async throws -> T,
    as text: (T) -> String = { "\($0)" }
  ) async throws -> T {
    let expected = try await ask(model)
    let answer = try await ask(engine)
    try #require(text(answer) == text(expected))
    return answer
  }

  func append(_ segments: [Segment], isLast: Bool) async throws -> [StoredResult] {
    try await same { try await $0.append(segments, isLast: isLast) }
  }

  func claim(_ count: Int) async throws -> Claim {
    try await same {
      try await $0.claim(count)
    } as: { claim in
      let segments = claim.segments.map { segment in
        """
        \(segment.lease) \(segment.firstJob) \(segment.jobCount) \(segment.priority) \
        \(segment.finished.sorted()) \(segment.retryable.sorted { $0.key < $1.key })
        """
      }
      return "\(segments) \(claim.recovery)"
    }
  }

  func commit(_ flush: Flush) async throws -> FlushReceipt {
    try await same {
      try await $0.commit(flush)
    } as: { receipt in
      let lost = receipt.lost.map { [$0.segment, $0.epoch] }.sorted {
        $0.lexicographicallyPrecedes($1)
      }
      return "\(receipt.sequences) \(receipt.closed.sorted()) \(lost)"
    }
  }

  func heartbeat() async throws -> Heartbeat {
    try await same {
      try await $0.heartbeat()
    } as: {
      "\($0.isReborn) \($0.suspended.sorted())"
    }
  }

  func release(_ leases: [SegmentLease]) async throws {
    try await same { try await $0.release(leases) }
  }

  func cancel(_ jobs: JobSelection) async throws -> Int {
    try await same { try await $0.cancel(jobs) }
  }

  func retry(_ jobs: JobSelection) async throws -> Int {
    try await same { try await $0.retry(jobs) }
  }

  func summary() async throws -> BatchSummary { try await same { try await $0.summary() } }

  func results(after sequence: Int, limit: Int) async throws -> [StoredResult] {
    try await same { try await $0.results(after: sequence, limit: limit) }
  }

  func exportPositions() async throws -> [ExportPosition] {
    try await same { try await $0.exportPositions() }
  }
}

/// A worker that lives on an engine and on the model at once.
final class TwinWorker: TestWorker {
  private let pair: [any TestWorker]
  /// Made anew for each use: a store that is kept anywhere keeps its process alive.
  var store: any JobStore { TwinStore(pair[0].store, model: pair[1].store) }
  var recovery: Recovery { pair[0].recovery }

  init(_ engine: any TestWorker, model: any TestWorker) throws {
    pair = [engine, model]
    try #require(engine.recovery == model.recovery)
  }

  func send(_ job: Int, worst: USD) throws { for one in pair { try one.send(job, worst: worst) } }

  func keep(_ result: JobResult, under lease: SegmentLease) throws {
    for one in pair { try one.keep(result, under: lease) }
  }

  func giveUp(_ job: Int, worst: USD) { for one in pair { one.giveUp(job, worst: worst) } }

  func settle(_ job: Int) { for one in pair { one.settle(job) } }

  func forgetAnswers() { for one in pair { one.forgetAnswers() } }

  func disown() { for one in pair { one.disown() } }

  func close() throws { for one in pair { try one.close() } }

  func die() async { for one in pair { await one.die() } }
}
