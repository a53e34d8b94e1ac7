/// Says when a slow request may be sent a second time elsewhere: a pure value.
///
/// A second request cuts the slowest answers short for little more work (Dean and Barroso, "The Tail
/// at Scale", CACM 2013), but here it is paid for, so its share of all tokens is bounded.
package struct HedgeControl: Sendable {
  /// How many answers tell what is slow.
  static let sample = 100

  private let policy: HedgePolicy
  private var latencies: [Duration] = []
  private var next = 0
  private var tokens = 0.0
  private var hedgedTokens = 0.0

  package init(_ policy: HedgePolicy) {
    self.policy = policy
  }

  /// How old a request must be to be sent again; nil while too few were answered to tell.
  package var age: Duration? {
    switch policy.after {
    case .fixed(let age): return age
    case .p99:
      guard latencies.count == Self.sample else { return nil }
      return latencies.sorted()[Self.sample - 2]
    }
  }

  /// A job's first request leaves.
  ///
  /// - Parameter tokens: an estimate of what it takes, zero or more.
  package mutating func sent(tokens: Double) {
    self.tokens += tokens
  }

  /// Asks for a second request; one that is allowed has been counted.
  package mutating func take(tokens: Double) -> Bool {
    guard hedgedTokens + tokens <= policy.budget * self.tokens else { return false }
    hedgedTokens += tokens
    return true
  }

  /// An allowed request did not leave.
  package mutating func giveBack(tokens: Double) {
    hedgedTokens -= tokens
  }

  /// A request was answered.
  package mutating func answered(after latency: Duration) {
    if latencies.count < Self.sample { return latencies.append(latency) }
    latencies[next] = latency
    next = (next + 1) % Self.sample
  }
}
