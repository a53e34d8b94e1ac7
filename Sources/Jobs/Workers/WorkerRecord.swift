/// What the batch knows of a worker.
package struct WorkerRecord: Sendable, Equatable {
  /// Grows with every worker of the batch; a worker that was away too long gets a new one.
  package let worker: Int
  package let pid: Int
  /// Milliseconds since 1970.
  package let started: Int
  /// The start of the machine that ``leaseEnd`` counts from.
  package let boot: String
  /// Milliseconds since that start.
  package let leaseEnd: Int
  /// Tells its files from those of others.
  package let tag: String
  /// How much of what its requests without an answer may have cost is in the batch already.
  package let unanswered: USD

  /// How it stands, as others see it.
  package enum State: String, Sendable {
    case working
    /// Its process is there, but has not been heard of for longer than its lease.
    case stalled
    case dead
  }

  /// - Parameter isAlive: whether its process is there.
  package func state(isAlive: Bool, at clock: LeaseClock) -> State {
    guard isAlive, boot == clock.boot else { return .dead }
    return leaseEnd < clock.now ? .stalled : .working
  }
}
