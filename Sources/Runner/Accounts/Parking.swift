/// Why an account is not used.
package struct Parking: Sendable, Equatable {
  package let reason: ParkReason
  /// What the provider or the key source said.
  package let message: String
  /// When it is worth trying again without any news; nil for refused keys, which need a new one.
  package let retryAt: ContinuousClock.Instant?
  /// Whether `retryAt` is the provider's own word, which is believed.
  package let isTold: Bool
}

/// Whether an account may be used at all: its key, its credit, its configuration.
struct ParkingState: Sendable {
  static let longestPark: Duration = .seconds(600)

  private var parkings = 0
  private(set) var parking: Parking?
  /// Whether a key is being looked for in place of one that was refused.
  private(set) var isWithoutKey = false
  /// Whether a parked account may send one request to see if it works again.
  private var mayTryKey = false
  /// Whether that request is on its way.
  private var isTrying = false

  func isClosed(at now: ContinuousClock.Instant) -> Bool {
    if isWithoutKey { return true }
    guard parking != nil else { return false }
    return !mayTry(at: now) || isTrying
  }

  /// When a parked account opens by itself; nil where it needs news.
  func opens(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    isWithoutKey || isTrying ? nil : parking?.retryAt
  }

  private func mayTry(at now: ContinuousClock.Instant) -> Bool {
    mayTryKey || (parking?.retryAt.map { $0 <= now } ?? false)
  }

  /// A request leaves; of a parked account it is the trial.
  mutating func sending() { isTrying = parking != nil }

  /// A request is over, in whatever way.
  mutating func ended() { isTrying = false }

  /// A request was answered; says whether this brings a parked account back.
  mutating func answered(at now: ContinuousClock.Instant) -> Bool {
    guard parking == nil || mayTry(at: now) else { return false }
    parkings = 0
    mayTryKey = false
    defer { parking = nil }
    return parking != nil
  }

  /// The account cannot be used; says whether that is news.
  ///
  /// - Parameter wait: until the refusal is over, where the provider says so.
  mutating func park(
    _ reason: ParkReason,
    _ message: String,
    for wait: Duration?,
    at now: ContinuousClock.Instant
  ) -> Bool {
    let isNews = parking == nil || mayTry(at: now)
    if isNews { parkings += 1 }
    mayTryKey = false
    isWithoutKey = false
    let guess = min(Self.longestPark, .seconds(60 * (1 << min(parkings - 1, 4))))
    let asked = wait.map(AskedWait.believed)
    let retryAt = reason == .credential && wait == nil ? nil : now + (asked ?? guess)
    parking = Parking(
      reason: reason,
      message: message,
      retryAt: retryAt,
      isTold: wait != nil && wait == asked
    )
    return isNews
  }

  /// The last key was refused and another is being looked for; nothing leaves meanwhile.
  mutating func lostKey() { isWithoutKey = true }

  /// There is a key again; says whether this brings a parked account back.
  ///
  /// - Parameter isTrial: whether it was refused before and is to be tried with one request.
  mutating func keyAppeared(isTrial: Bool) -> Bool {
    isWithoutKey = false
    guard parking?.reason == .credential else { return false }
    mayTryKey = isTrial
    if !isTrial { parking = nil }
    return !isTrial
  }
}
