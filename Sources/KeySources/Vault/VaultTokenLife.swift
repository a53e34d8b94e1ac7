/// Decides when a token is renewed, and when a new one is needed.
///
/// A pure value in the caller's time, with the timing of Vault's own client
/// (api/lifetime_watcher.go): renewal after two thirds of what remains, and no more of it once less
/// remains than a grace period of a tenth to a fifth of the life.
package struct VaultTokenLife: Sendable, Equatable {
  /// What to do about the token.
  package enum Action: Hashable {
    /// Use it.
    case use
    /// Use it, and have it renewed.
    case renew
    /// Get another, and use it only while there is none.
    case replace
  }

  private let jitter: Double
  private var expires: ContinuousClock.Instant?
  private var isRenewable = false
  private var grace = Duration.zero
  private var nextRenewal: ContinuousClock.Instant?
  private var failures = 0

  /// A token that lives for ever, or whose life is not known.
  static let unknown = VaultTokenLife(ttl: nil, isRenewable: false, at: .now, jitter: 0)

  /// - Parameters:
  ///   - ttl: how long it lives from now on; nil or zero for ever.
  ///   - isRenewable: whether its life can be made longer.
  ///   - now: when that was said.
  ///   - jitter: uniform in 0 ..< 1; spreads the renewals of many processes.
  package init(ttl: Duration?, isRenewable: Bool, at now: ContinuousClock.Instant, jitter: Double) {
    self.jitter = jitter
    guard let ttl, ttl > .zero else { return }
    grace = ttl * (0.1 + 0.1 * jitter)
    renewed(ttl: ttl, isRenewable: isRenewable, at: now)
  }

  /// What to do at a time.
  package func action(at now: ContinuousClock.Instant) -> Action {
    guard let expires else { return .use }
    if expires - now <= grace { return .replace }
    if let nextRenewal, nextRenewal <= now { return .renew }
    return .use
  }

  /// Whether the token's time is over.
  package func isOver(at now: ContinuousClock.Instant) -> Bool {
    expires.map { $0 <= now } ?? false
  }

  /// How long to wait for the next renewal; nil when there will be none.
  package func timeToRenewal(at now: ContinuousClock.Instant) -> Duration? {
    guard let nextRenewal, action(at: now) != .replace else { return nil }
    return max(nextRenewal - now, .zero)
  }

  /// The server has renewed it; what remains may be less than before, where its life is limited.
  package mutating func renewed(ttl: Duration, isRenewable: Bool, at now: ContinuousClock.Instant) {
    failures = 0
    expires = now + ttl
    self.isRenewable = isRenewable
    nextRenewal = isRenewable ? now + ttl * (2.0 / 3) + grace / 3 : nil
  }

  /// The server could not be asked to renew it: it is asked again after 1 s, then 2 s, up to 5 min.
  package mutating func renewalFailed(at now: ContinuousClock.Instant) {
    nextRenewal = now + min(.seconds(1 << min(failures, 9)), .seconds(300))
    failures += 1
  }

  /// The server will not renew it.
  package mutating func renewalRefused() {
    isRenewable = false
    nextRenewal = nil
  }
}
