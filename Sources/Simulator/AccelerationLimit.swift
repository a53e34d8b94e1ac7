/// A limit on how fast the rate of requests may rise.
///
/// In any second there may come so many per cent more requests than in the busiest of the ten
/// seconds before it, and always ``floor``. A client that starts slowly never meets it.
struct AccelerationLimit: Sendable {
  /// The requests in one second that are always allowed.
  static let floor = 10
  private static let memory = 10

  let percentPerSecond: Double
  private var second = 0
  private var current = 0
  /// The requests of the seconds before the current one, the latest last.
  private var earlier: [Int] = []

  init(percentPerSecond: Double) {
    self.percentPerSecond = percentPerSecond
  }

  /// Whether one more request may come now.
  mutating func allows(at now: Duration) -> Bool {
    advance(to: now)
    let busiest = Double(earlier.max() ?? 0)
    return Double(current + 1) <= max(Double(Self.floor), busiest * (1 + percentPerSecond / 100))
  }

  /// Counts a request that was let in.
  mutating func count(at now: Duration) {
    advance(to: now)
    current += 1
  }

  private mutating func advance(to now: Duration) {
    let latest = Int(now.components.seconds)
    guard latest > second else { return }
    let idle = min(latest - second - 1, Self.memory)
    earlier += [current] + Array(repeating: 0, count: idle)
    earlier = Array(earlier.suffix(Self.memory))
    (second, current) = (latest, 0)
  }
}
