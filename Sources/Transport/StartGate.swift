/// Holds back new transfers while many are still connecting.
///
/// A thousand handshakes at once would each take as long as all of them together, and miss their
/// connect deadlines; in turn they are quick, and later ones resume the TLS session of earlier ones.
struct StartGate {
  /// How many transfers may be connecting at once.
  private static let width = 256
  /// How long one holds others back; an endpoint that does not answer must not stop the others.
  private static let patience = Duration.seconds(1)

  private var entered: [(id: UInt64, at: ContinuousClock.Instant)] = []

  /// How many transfers may start now; `isConnecting` tells whether one still holds its place.
  mutating func room(
    at now: ContinuousClock.Instant,
    isConnecting: (UInt64) -> Bool
  ) -> Int {
    entered.removeAll { now - $0.at > Self.patience || !isConnecting($0.id) }
    return max(0, Self.width - entered.count)
  }

  /// Notes that a transfer has started.
  mutating func enter(_ id: UInt64, at now: ContinuousClock.Instant) {
    entered.append((id, now))
  }
}
