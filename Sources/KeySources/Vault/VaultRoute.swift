/// Decides which address a request goes to, when it goes again, and when to give up.
///
/// A pure value in the caller's time. All addresses are tried in turn; while none can answer, they
/// are tried again after a pause. A redirect, which a standby gives while the leader changes, is
/// followed once and to a known address only: anybody else would be handed the token.
package struct VaultRoute {
  /// What became of a request.
  package enum Event {
    /// There was no response.
    case failed(requestMayHaveLeft: Bool)
    /// There was one; the redirect's target and the pause asked for are nil where it named none.
    case answered(status: Int, location: String?, retryAfter: Duration?)
  }

  /// What to do next.
  package enum Action: Hashable {
    /// The response is for the caller.
    case finish
    /// Send to the address of this number.
    case send(to: Int)
    /// Wait, then send to the address of this number.
    case wait(Duration, thenSendTo: Int)
    /// No address can answer.
    case giveUp
  }

  /// The longest pause that was asked for.
  package private(set) var retryAfter: Duration?
  /// The address that is being asked.
  package private(set) var current: Int

  private let addresses: [VaultAddress]
  private let isRepeatable: Bool
  private let deadline: ContinuousClock.Instant
  private let jitter: Double
  private var untried: [Int]
  private var roundsLeft: Int
  private var pause = Duration.seconds(1)
  private var hasFollowed = false

  /// - Parameters:
  ///   - addresses: the servers, at least one.
  ///   - first: which of them is asked first.
  ///   - retries: how often all are asked again.
  ///   - isRepeatable: whether the request may be sent again when it may have been acted on.
  ///   - deadline: no pause ends after it.
  ///   - jitter: uniform in 0 ..< 1; lengthens pauses by up to a half.
  package init(
    addresses: [VaultAddress],
    first: Int,
    retries: Int,
    isRepeatable: Bool = true,
    deadline: ContinuousClock.Instant,
    jitter: Double
  ) {
    self.addresses = addresses
    self.isRepeatable = isRepeatable
    self.deadline = deadline
    self.jitter = jitter
    current = first
    untried = addresses.indices.filter { $0 != first }
    roundsLeft = retries
  }

  /// Whether a status says that another server, or the same one later, may do better.
  ///
  /// 412: a write is not seen there yet; 472 to 474 and 530: a standby that cannot serve.
  private static func mayPass(_ status: Int) -> Bool {
    [412, 429, 472, 473, 474].contains(status) || (status >= 500 && status != 501)
  }

  /// Takes what became of the request to ``current``.
  package mutating func event(_ event: Event, at now: ContinuousClock.Instant) -> Action {
    switch event {
    case .failed(let requestMayHaveLeft):
      return isRepeatable || !requestMayHaveLeft ? next(at: now) : .giveUp
    case .answered(let status, let location, _) where [301, 302, 307, 308].contains(status):
      let target = location.flatMap { location in
        addresses.firstIndex { $0.hasOrigin(of: location) }
      }
      guard !hasFollowed, let target, target != current else { return next(at: now) }
      hasFollowed = true
      return send(to: target)
    case .answered(let status, _, let asked):
      guard Self.mayPass(status) else { return .finish }
      if let asked { retryAfter = max(asked, retryAfter ?? .zero) }
      return next(at: now)
    }
  }

  private mutating func next(at now: ContinuousClock.Instant) -> Action {
    if let next = untried.first { return send(to: next) }
    let wait = max(pause * (1 + jitter / 2), retryAfter ?? .zero)
    guard roundsLeft > 0, now + wait <= deadline else { return .giveUp }
    roundsLeft -= 1
    pause = min(pause * 2, .seconds(8))
    retryAfter = nil
    hasFollowed = false
    untried = Array(addresses.indices)
    guard case .send(let first) = send(to: 0) else { return .giveUp }
    return .wait(wait, thenSendTo: first)
  }

  private mutating func send(to number: Int) -> Action {
    current = number
    untried.removeAll { $0 == number }
    return .send(to: number)
  }
}
