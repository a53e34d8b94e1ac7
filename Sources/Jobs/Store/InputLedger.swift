/// What a batch knows of its input, to be read: which jobs it has queued, and what they were.
package protocol InputRecord: Sendable {
  /// Segments after one, in input order, each with its number; empty after the last.
  ///
  /// - Parameters:
  ///   - segment: 0 for the first ones.
  ///   - limit: how many at most, at least one.
  func segments(after segment: Int, limit: Int) async throws -> [(number: Int, segment: Segment)]

  /// The identity of the input file when it was last found unchanged; nil before the first time.
  func inputIdentity() async throws -> FileIdentity?

  /// What is known of every job, by its number.
  func storedJobs() async throws -> StoredJobs

  /// The settings of the requests so far, as JSON; empty before the first run.
  func settings() async throws -> String
}

/// The same, to be brought up to a new version of its input.
package protocol InputLedger: InputRecord {
  /// Notes the identity of the input file, so that a resume need not read it again.
  func recordInputIdentity(_ identity: FileIdentity) async throws

  /// Notes that the input bears another name now.
  func moveInput(to input: BatchInput) async throws

  /// Takes the batch to a new version of its input, in one commit.
  ///
  /// Results, attempts and suspensions follow their jobs to the new numbers.
  ///
  /// - Throws: ``StoreError``; nothing has changed then.
  func rebase(_ rebase: InputRebase) async throws

  /// Takes note of the settings of all requests from now on.
  ///
  /// - Parameter again: jobs whose results are forgotten in the same commit.
  func record(settings: String, again: Set<Int>) async throws

  /// Adds lines to a queue in one commit; those whose id is known already are passed over.
  ///
  /// - Parameter priority: higher ones are run first.
  /// - Returns: how many were new.
  func enqueue(_ lines: [QueuedLine], priority: Int) async throws -> Int

  /// The numbers of jobs in a queue by their ids; ids that no job has are missing.
  func jobs(withIDs ids: [String]) async throws -> [String: Int]
}

/// A line to be queued.
package struct QueuedLine: Sendable {
  /// By which a line is known that was queued before.
  package let id: String
  /// The line without its line break.
  package let line: [UInt8]
  /// One-based number in its input.
  package let number: Int
  /// What to record for a line that can never be sent; nil for a good one.
  package let failure: [UInt8]?
  /// The code of that failure.
  package let cause: String?

  package init(
    id: String,
    line: [UInt8],
    number: Int,
    failure: [UInt8]? = nil,
    cause: String? = nil
  ) {
    self.id = id
    self.line = line
    self.number = number
    self.failure = failure
    self.cause = cause
  }

  /// Jobs of a segment of a queue: few, so that several workers share also a short queue.
  package static let segmentJobs = 16
}

extension InputRecord {
  /// Every segment, in input order.
  package var segments: StoredSegments { StoredSegments(self) }
}

/// The cursor over the segments of a batch.
package struct StoredSegments: AsyncSequence, AsyncIteratorProtocol {
  /// Segments in one read; each may bring a MiB of lines with it.
  private static let page = 16

  private let record: any InputRecord
  private var page: ArraySlice<(number: Int, segment: Segment)> = []
  private var last = 0

  init(_ record: any InputRecord) { self.record = record }

  package func makeAsyncIterator() -> StoredSegments { self }

  /// - Throws: ``StoreError``.
  package mutating func next() async throws -> Segment? {
    if page.isEmpty { page = try await record.segments(after: last, limit: Self.page)[...] }
    guard let next = page.popFirst() else { return nil }
    last = next.number
    return next.segment
  }
}
