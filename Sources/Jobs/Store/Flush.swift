/// Everything that goes down in one durable commit.
package struct Flush: Sendable {
  /// Results by the lease under which they were made.
  package var results: [(lease: SegmentLease, result: JobResult)] = []
  /// Jobs that wait for another attempt, by the lease under which they failed.
  package var retryable: [(lease: SegmentLease, job: RetryableJob)] = []
  /// What the counters of the batch grow by.
  package var traffic = Traffic()
  /// The most that requests may have cost which left and got no answer.
  package var unanswered = USD.zero
  /// How far each output file is known to be on disk.
  package var exports: [ExportPosition] = []

  /// How the accounts stand, as JSON; nil where that has not changed.
  package var accounts: String?

  package init() {}

  /// About how many bytes it takes, at least one page of the batch.
  var size: Int {
    results.reduce(max(4_096, accounts?.utf8.count ?? 0)) { $0 + $1.result.line.count }
  }

  package var isEmpty: Bool {
    results.isEmpty && retryable.isEmpty && exports.isEmpty && traffic == Traffic()
      && unanswered == .zero && accounts == nil
  }
}

/// Counters of requests over the life of a batch.
package struct Traffic: Sendable, Equatable {
  package var requestsSent = 0
  package var retries = 0
  package var rateLimited = 0

  package init(requestsSent: Int = 0, retries: Int = 0, rateLimited: Int = 0) {
    self.requestsSent = requestsSent
    self.retries = retries
    self.rateLimited = rateLimited
  }

  package static func += (sum: inout Traffic, more: Traffic) {
    sum.requestsSent += more.requestsSent
    sum.retries += more.retries
    sum.rateLimited += more.rateLimited
  }
}

/// What became of a flush.
package struct FlushReceipt: Sendable {
  /// For each result of the flush its place in the order of commits, or nil where it was dropped:
  /// the job had a result, or the lease was lost.
  package var sequences: [Int?] = []
  /// How many results of the flush each lease brought, dropped ones included.
  package var committed: [SegmentLease: Int] = [:]
  /// Segments whose every job now has its end.
  package var closed: Set<Int> = []
  /// Leases that were lost before the flush.
  package var lost: Set<SegmentLease> = []

  package init() {}
}

/// How much of an output file is known to be on disk.
package struct ExportPosition: Sendable, Equatable {
  package let state: JobResult.State
  /// Bytes of the file that are durable.
  package let offset: Int
  /// The newest result within those bytes.
  package let sequence: Int

  package init(state: JobResult.State, offset: Int, sequence: Int) {
    self.state = state
    self.offset = offset
    self.sequence = sequence
  }
}
