/// The time that a ``Vault`` goes by, replaceable in tests.
package struct VaultClock: Sendable {
  /// The time for deadlines and tokens.
  package var now: @Sendable () -> ContinuousClock.Instant
  /// The time of day, in milliseconds since 1970.
  package var date: @Sendable () -> Int64
  /// Waits; throws when the task is cancelled meanwhile.
  package var sleep: @Sendable (Duration) async throws -> Void

  /// The system's clocks.
  package init(
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    date: @escaping @Sendable () -> Int64 = { Timestamp.now() },
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.now = now
    self.date = date
    self.sleep = sleep
  }
}
