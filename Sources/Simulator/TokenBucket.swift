/// A token bucket with continuous refill, as providers meter requests and tokens per minute.
///
/// Times are durations since the simulator started and must not go backwards.
package struct TokenBucket: Sendable {
  /// The configured rate, in tokens per minute.
  package private(set) var perMinute: Int
  private var capacity: Double
  /// The part of the refill that is not taken by others.
  private var share = 1.0
  private var level: Double
  private var updated: Duration = .zero

  /// A full bucket.
  ///
  /// - Parameters:
  ///   - perMinute: The refill rate, in tokens per minute; at least 1.
  ///   - burst: How much of that rate may be saved up, at least one token's worth.
  package init(perMinute: Int, burst: Duration) {
    self.perMinute = max(1, perMinute)
    capacity = Self.capacity(self.perMinute, burst)
    level = capacity
  }

  private static func capacity(_ perMinute: Int, _ burst: Duration) -> Double {
    max(1, Double(perMinute) / 60 * burst.seconds)
  }

  /// Changes the rate, the burst and the part of the refill that others leave, from now on.
  ///
  /// What is in the bucket stays, as far as there is room.
  package mutating func change(
    perMinute: Int,
    burst: Duration,
    share: Double = 1,
    at now: Duration
  ) {
    refill(at: now)
    self.perMinute = max(1, perMinute)
    self.share = share
    capacity = Self.capacity(self.perMinute, burst)
    level = min(level, capacity)
  }

  private var perSecond: Double { Double(perMinute) / 60 }

  /// What can be taken now; never negative.
  package func remaining(at now: Duration) -> Double {
    max(0, level(at: now))
  }

  /// The time until `amount` can be taken if nobody else takes any; zero when it can be taken now.
  ///
  /// An amount above the capacity is let through by a full bucket, which then owes the rest:
  /// otherwise such a request could never pass.
  package func wait(for amount: Double, at now: Duration) -> Duration {
    let missing = min(amount, capacity) - level(at: now)
    // Sums of fractions may be a hair short of the whole that they stand for.
    return missing <= 1e-6 ? .zero : .seconds(missing / perSecond)
  }

  /// The time until the bucket is full again.
  package func untilFull(at now: Duration) -> Duration {
    wait(for: capacity, at: now)
  }

  /// Takes `amount` if it is there.
  ///
  /// - Returns: Whether it was taken; a refusal takes nothing.
  package mutating func take(_ amount: Double, at now: Duration) -> Bool {
    guard wait(for: amount, at: now) == .zero else { return false }
    charge(amount, at: now)
    return true
  }

  /// Charges `amount` for work already done, into debt if need be.
  ///
  /// An amount below zero is given back, as far as there is room.
  package mutating func charge(_ amount: Double, at now: Duration) {
    refill(at: now)
    level = min(capacity, level - amount)
  }

  /// Charges a refused call: it uses up what is there but causes no debt.
  package mutating func forfeit(_ amount: Double, at now: Duration) {
    refill(at: now)
    level = min(level, max(0, level - amount))
  }

  private mutating func refill(at now: Duration) {
    level = level(at: now)
    updated = max(updated, now)
  }

  private func level(at now: Duration) -> Double {
    guard now > updated else { return level }
    return min(capacity, level + (now - updated).seconds * perSecond * share)
  }
}

extension Duration {
  var seconds: Double {
    let (whole, attoseconds) = components
    return Double(whole) + Double(attoseconds) * 1e-18
  }
}
