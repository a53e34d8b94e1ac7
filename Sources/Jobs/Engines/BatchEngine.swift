/// A batch that is open to be worked on, with all that a run asks of it.
package protocol BatchStore: JobStore, InputLedger {
  /// The files of this worker.
  var files: WorkerFiles { get }
  /// What dead workers had left, which was taken in at the opening.
  var recovery: Recovery { get }
  /// What the user should know about where the batch lies; nil for nothing.
  var warning: String? { get }

  /// Why results are not as asked for, the most frequent causes first.
  func causes(_ limit: Int) async throws -> [ResultCause]

  /// Closes the batch and lets others work on it.
  ///
  /// - Parameter isClean: whether nothing of this worker is left to take in; its files go then.
  func close(isClean: Bool) throws(StoreError)
}

/// What a process wants of a batch that it opens.
package enum BatchRole: Sendable {
  /// To take jobs.
  ///
  /// - Parameters:
  ///   - lease: how long a worker that is not heard of keeps its jobs.
  ///   - onUnknown: what is done with jobs that were on their way when their worker died.
  case worker(lease: Duration = .seconds(60), onUnknown: OnUnknown = .resend)
  /// To add jobs.
  case producer
  /// To change which jobs are to be done. What dead workers left is for the next worker, who knows
  /// what its user wants.
  case visitor
}

/// Reads a batch that other processes may be working on, without ever writing to it.
package protocol BatchInspector: InputRecord {
  /// The batch, as messages name it.
  var path: String { get }

  /// What the batch was started with.
  func input() throws(StoreError) -> BatchInput

  /// Who works on the batch, and how they stand.
  func workers(at clock: LeaseClock) throws(StoreError)
    -> [(record: WorkerRecord, state: WorkerRecord.State)]

  /// What dead workers left and nobody has taken in yet, as the next worker will.
  func recovery() throws(StoreError) -> Recovery

  /// Where the batch stands.
  func summary() throws(StoreError) -> BatchSummary

  /// Why results are not as asked for, the most frequent causes first.
  func causes(_ limit: Int) throws(StoreError) -> [ResultCause]

  /// A page of results of one state, in input order; `job` is the last one of the page before.
  ///
  /// Pages are short reads, so that a long export does not keep a worker from its work: of large
  /// results they have fewer than `limit`, none only where there are none.
  func results(_ state: JobResult.State, afterJob job: Int, limit: Int) throws(StoreError)
    -> [StoredResult]

  /// A page of results in the order of their commits.
  func results(after sequence: Int, limit: Int) throws(StoreError) -> [StoredResult]

  /// Results by their places in the order of commits, oldest first; the first of them where they are
  /// large.
  func results(_ sequences: Range<Int>) throws(StoreError) -> [StoredResult]

  /// How many results there are, counted without reading them.
  func resultCount() throws(StoreError) -> Int

  /// A number that no result's place in the order of commits is above; a guess where the batch is too
  /// damaged to tell.
  func sequenceBound() throws(StoreError) -> Int

  /// Jobs that wait for the time of their next attempt.
  ///
  /// - Parameter now: milliseconds since 1970.
  func delayed(at now: Int) throws(StoreError) -> DelayedCount

  /// How far each results file was known to be on disk.
  func exportPositions() throws(StoreError) -> [ExportPosition]

  /// What is wrong with the pages of the store; empty for a sound one. Reads all of it.
  func pageFindings() throws(StoreError) -> [String]

  /// What stands in the store that no nightjar put there, such as a trigger; it is never run.
  func foreignFindings() throws(StoreError) -> [String]

  /// Where counters do not agree with the rows they count; empty for a sound batch.
  func countFindings() throws(StoreError) -> [String]
}

extension BatchInspector {
  package func workers() throws(StoreError)
    -> [(record: WorkerRecord, state: WorkerRecord.State)]
  {
    try workers(at: .system)
  }

  /// True while any process works on the batch, even if it does not run.
  package var isRunning: Bool {
    get throws(StoreError) { try workers().contains { $0.state != .dead } }
  }
}

/// What keeps batches; a new engine is one target that has one of these.
package protocol BatchEngine: Sendable {
  /// True for a place, as a user names it, at which this engine keeps batches.
  func keeps(_ place: String) -> Bool

  /// True where there is a batch of this engine rather than results, or nothing.
  func isBatch(_ place: String) -> Bool

  /// Opens a batch, creating it where there is none.
  ///
  /// - Parameters:
  ///   - input: what the batch is about; must be the same at every opening, nil to take what it was
  ///     started with.
  ///   - onWait: told while another program keeps the batch from everybody.
  /// - Throws: ``StoreError``; `.owned` where another process works on the batch of a run.
  func open(
    _ place: String,
    input: BatchInput?,
    as role: BatchRole,
    onWait: @escaping @Sendable (LockWait) -> Void
  ) throws(StoreError) -> any BatchStore

  /// - Throws: ``StoreError`` where there is no batch, or none that this version can read.
  func inspect(_ place: String) throws(StoreError) -> any BatchInspector
}
