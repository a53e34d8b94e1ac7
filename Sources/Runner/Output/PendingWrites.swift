import Jobs

/// What waits for the next commit of a ``StoreWriter``, and what a commit under way still holds.
struct PendingWrites: Sendable {
  /// Segments of the input on their way into the store.
  struct Intake: Sendable {
    let segments: [Segment]
    let isLast: Bool
    let stored: CheckedContinuation<Void, any Error>
  }

  /// Results that start a commit at once.
  static let batch = 256
  /// Results that may wait for their commit before those who bring more are made to wait too.
  static let backlog = 4_096

  var flush = Flush()
  var intakes: [Intake] = []
  /// Those who bring a result for which there is no room yet.
  var blocked: [CheckedContinuation<Void, Never>] = []
  /// The most bytes of results that may be held, those of a commit under way included.
  private let memory: Int
  private var bytes = 0
  private var bytesInCommit = 0

  /// - Parameter memory: bytes of results; one that is larger is held alone.
  init(memory: Int) {
    self.memory = memory
  }

  /// True when there is reason to commit without waiting for more.
  var isUrgent: Bool {
    flush.results.count >= Self.batch || bytes >= memory / 4 || !intakes.isEmpty
  }

  var isEmpty: Bool { flush.isEmpty && intakes.isEmpty }

  /// Whether a result of this size may be added now.
  func hasRoom(for size: Int) -> Bool {
    let held = bytes + bytesInCommit
    return flush.results.count < Self.backlog && (held == 0 || held + size <= memory)
  }

  mutating func add(_ result: JobResult, under lease: SegmentLease) {
    flush.results.append((lease, result))
    bytes += result.line.count
  }

  /// Hands over what is to be committed now.
  mutating func take() -> (flush: Flush, intakes: [Intake]) {
    defer {
      (flush, intakes) = (Flush(), [])
      (bytesInCommit, bytes) = (bytes, 0)
    }
    return (flush, intakes)
  }

  /// Notes that what was taken is committed; returns who may try again.
  mutating func committed() -> [CheckedContinuation<Void, Never>] {
    bytesInCommit = 0
    defer { blocked = [] }
    return blocked
  }
}
