import Jobs
import Testing

/// What the simulation knows to have happened, apart from any store.
struct Ledger {
  var total = 0
  /// Numbers answers, so that each is told from any other.
  var answers = 0
  var unknown = 0
  /// What each look at dead workers found, until it is compared with the results after it.
  private var pendingRecoveries: [(taken: [Estate], recovery: Recovery)] = []
  private var epochs: [Int: Int] = [:]
  private var durable: [Int: StoredResult] = [:]

  /// What a process had on its way, and what it had kept, when others took it for dead.
  private struct Estate {
    let journal: Set<Int>
    let answers: [JobResult]
  }

  mutating func note(_ recovery: Recovery, of taken: [SimulatedProcess]) {
    let estates = taken.map { Estate(journal: $0.journal, answers: $0.answers.map(\.result)) }
    pendingRecoveries.append((estates, recovery))
  }

  mutating func note(_ stored: [StoredResult]) {
    for result in stored { durable[result.job] = result }
  }

  mutating func noteEpoch(of lease: SegmentLease) throws {
    try #require(lease.epoch > epochs[lease.segment] ?? 0, "an epoch came twice: \(lease)")
    epochs[lease.segment] = lease.epoch
  }

  /// No job is on its way twice from workers that both trust their lease and hold it.
  func noteSend(
    _ job: Int,
    by sender: SimulatedProcess,
    among crew: [SimulatedProcess?],
    at now: Int
  ) throws {
    for other in crew.compactMap({ $0 }) where other !== sender && other.isMember {
      guard let lease = other.inFlight[job], other.waiting[lease] != nil else { continue }
      try #require(now >= other.proven, "job \(job) is on its way twice")
    }
  }

  mutating func note(_ receipt: FlushReceipt, of flush: Flush) throws {
    for ((lease, result), sequence) in zip(flush.results, receipt.sequences) {
      let isStale = lease.epoch < epochs[lease.segment] ?? 0
      if isStale {
        try #require(receipt.lost.contains(lease))
        try #require(result.state == .completed || sequence == nil, "a lost lease changed state")
      }
      guard let sequence else { continue }
      try #require(durable[result.job] == nil, "a second result was taken")
      durable[result.job] = StoredResult(
        sequence: sequence,
        job: result.job,
        state: result.state,
        line: result.line
      )
    }
  }

  /// Results that users took back.
  mutating func forget(_ isGone: (Int, JobResult.State) -> Bool) {
    durable = durable.filter { !isGone($0.key, $0.value.state) }
  }

  /// What was unknown is what the journals named, without what the answers in them gave.
  mutating func settleRecoveries(_ results: [StoredResult]) throws {
    let finished = Dictionary(uniqueKeysWithValues: results.map { ($0.job, $0) })
    for (taken, recovery) in pendingRecoveries {
      try #require(recovery.workers.count == taken.count)
      var recovered: Set<Int> = []
      for process in taken {
        for result in process.answers where result.state == .completed {
          try #require(finished[result.job] != nil, "an answer that was paid for is lost")
        }
        recovered.formUnion(process.answers.map(\.job))
      }
      try #require(Set(recovery.recovered).isSubset(of: recovered))
      for job in recovery.recovered { durable[job] = finished[job] }
      let named = taken.flatMap { process in process.journal.filter { finished[$0] == nil } }
      try #require(recovery.unknown.sorted() == named.sorted())
      unknown += recovery.unknown.count
    }
    pendingRecoveries = []
  }

  /// Nothing that was committed is lost or changed.
  func compare(_ results: [StoredResult]) throws {
    let found = Dictionary(uniqueKeysWithValues: results.map { ($0.job, $0) })
    try #require(found.keys == durable.keys, "results came from nowhere, or are gone")
    for (job, result) in durable {
      try #require(found[job]?.line == result.line, "the result of job \(job) has changed")
    }
  }
}
