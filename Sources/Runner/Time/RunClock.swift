import FoundationEssentials

/// Time as the runner sees it, so that tests can turn it by hand.
package protocol RunClock: Sendable {
  /// A moment that only moves forward; for waits and deadlines.
  var now: ContinuousClock.Instant { get }
  /// Milliseconds since 1970; for what is stored and compared between processes.
  var unixMilliseconds: Int { get }
  /// Returns at `deadline`, or earlier by throwing when the task is cancelled.
  func sleep(until deadline: ContinuousClock.Instant) async throws
}

/// The clock of the machine.
package struct SystemClock: RunClock {
  package init() {}

  package var now: ContinuousClock.Instant { .now }

  package var unixMilliseconds: Int { Int(Date().timeIntervalSince1970 * 1_000) }

  package func sleep(until deadline: ContinuousClock.Instant) async throws {
    try await Task.sleep(until: deadline, clock: .continuous)
  }
}

extension Duration {
  /// The duration in seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }

  /// The duration in whole milliseconds, rounded down.
  package var milliseconds: Int {
    let parts = components
    let rest = Int128(parts.attoseconds / 1_000_000_000_000_000)
    return Int(clamping: Int128(parts.seconds) * 1_000 + rest)
  }
}
