import Jobs
import TestSupport
import Testing

/// What users do, and what must hold after everything.
extension Simulation {
  /// Some numbers, one beyond the batch among them now and then.
  private func someJobs() -> Set<Int> {
    let count = Int.random(in: 1...4, using: &random)
    return Set((0..<count).map { _ in Int.random(in: 0...ledger.total + 2, using: &random) })
  }

  func cancel(_ store: any JobStore) async throws {
    _ = try await store.cancel(random.once(in: 6) ? .all : .jobs(someJobs()))
  }

  func retry(_ store: any JobStore) async throws {
    let numbers = someJobs()
    let selections: [JobSelection] = [.all, .failed, .cancelled, .held, .jobs(numbers)]
    guard let selection = selections.randomElement(using: &random) else { return }
    _ = try await store.retry(selection)
    ledger.forget { job, state in
      switch selection {
      case .all, .failed: state == .failed
      case .finished, .cancelled, .held: false
      case .jobs: numbers.contains(job)
      }
    }
  }

  /// Compares the batch with what was learnt on the way.
  func check() async throws {
    guard let store = crew.compactMap({ $0?.worker }).first?.store else { return }
    let results = try await store.results(after: 0, limit: 1_000)
    let summary = try await store.summary()
    try #require(Set(results.map(\.job)).count == results.count, "a job has two results")
    try ledger.settleRecoveries(results)
    try ledger.compare(results)
    try #require(summary.total == ledger.total)
    try #require(summary.completed == results.count { $0.state == .completed })
    try #require(summary.failed == results.count { $0.state == .failed })
    try #require(summary.unknown == ledger.unknown)
    try #require(summary.pending >= 0 && summary.held + summary.completed <= summary.total)
    _ = try await store.exportPositions()
  }

  /// From here on nobody dies, and every job comes to its end.
  func finish() async throws {
    if crew.allSatisfy({ $0 == nil }) { try start(at: 0) }
    for process in crew.compactMap({ $0 }) { process.isFrozen = false }
    guard let store = crew.compactMap({ $0?.worker }).first?.store else { return }
    if ledger.total == 0 { try await append(store) }
    _ = try await store.retry(.held)
    var rounds = 0
    while try await store.summary().pending > 0 {
      rounds += 1
      try #require(rounds < 200, "jobs are left that nobody can take")
      for process in crew.compactMap({ $0 }) {
        guard let worker = process.worker else { continue }
        try await heartbeat(process, worker)
        try await claim(process, worker)
        try await check()
        for _ in 0..<20 { try send(process, worker) }
        while !process.inFlight.isEmpty { try answer(process, worker) }
        try await commit(process, worker)
        try await worker.store.release(process.exhausted)
        for lease in process.exhausted { process.waiting[lease] = nil }
        _ = try await worker.store.retry(.held)
      }
      clock.advance(by: 100)
    }
    try await check()
    let summary = try await store.summary()
    try #require(summary.isDrained)
    try #require(summary.completed + summary.failed + summary.cancelled == summary.total)
  }
}
