internal import FoundationEssentials

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
    date: @escaping @Sendable () -> Int64 = { Int64(Date.now.timeIntervalSince1970 * 1000) },
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.now = now
    self.date = date
    self.sleep = sleep
  }

  /// Reads a time as Vault writes it (RFC 3339, in UTC), in milliseconds since 1970.
  static func milliseconds(_ text: String) -> Int64? {
    guard text.hasSuffix("Z"), text.utf8.count >= 20 else { return nil }
    let parts = text.dropLast().split { "-T:.".contains($0) }
    let numbers = parts.prefix(6).compactMap { Int64($0) }
    guard numbers.count == 6, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]) else {
      return nil
    }
    let fraction = parts.count > 6 ? Double("0.\(parts[6])") ?? 0 : 0
    let days = daysSince1970(year: numbers[0], month: numbers[1], day: numbers[2])
    let seconds = days * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
    return seconds * 1000 + Int64(fraction * 1000)
  }

  /// The Gregorian calendar, counted from March so that the leap day comes last.
  private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
  }
}
