import JSON

/// How long a run goes on without hope: a pure value.
struct Patience: Sendable {
  private let giveUpAfter: Duration?
  private let parkFor: Duration?
  /// Whether silence alone ends the run, or only with requests that have failed.
  private let heedsSilence: Bool
  /// When the first request left: before that nobody can have answered.
  private var firstSent: ContinuousClock.Instant?
  private var allParkedSince: ContinuousClock.Instant?
  /// A limit by the minute is back sooner; what is held for longer is as good as parked.
  private static let longHold: Duration = .seconds(60)
  /// What the last request without an answer died of.
  private var lastFailure: String?
  /// What the provider last said of a key that it refused, by account.
  private var refusals: [Int: String] = [:]

  /// - Parameters:
  ///   - giveUpAfter: how long a run goes on to whom no endpoint has ever answered; nil for ever, and
  ///     where nothing has ever worked too.
  ///   - heedsSilence: whether that is so also where the first requests are still waited for.
  ///   - parkFor: how long it waits while every account is parked; nil for ever.
  init(giveUpAfter: Duration?, heedsSilence: Bool = true, parkFor: Duration?) {
    self.giveUpAfter = giveUpAfter
    self.heedsSilence = heedsSilence
    self.parkFor = parkFor
  }

  mutating func sent(at now: ContinuousClock.Instant) { firstSent = firstSent ?? now }

  mutating func failed(_ message: String) { lastFailure = message }

  mutating func refused(_ message: String, account: Int) { refusals[account] = message }

  /// What the provider said of the last key, with why there is no other.
  func refusal(of account: Int, _ exhaustion: String) -> String {
    refusals[account].map { "\($0) (\(exhaustion))" } ?? exhaustion
  }

  mutating func resumed(account: Int) {
    allParkedSince = nil
    refusals[account] = nil
  }

  /// A job was answered.
  mutating func answered() { allParkedSince = nil }

  /// Why a run ends to whom no endpoint has ever said anything; nil where it goes on.
  func silence(at now: ContinuousClock.Instant, hasAnswered: Bool) -> StopReason? {
    guard let giveUpAfter, let firstSent, now - firstSent >= giveUpAfter, !hasAnswered,
      heedsSilence || lastFailure != nil
    else { return nil }
    let silence = "no endpoint has answered for \(giveUpAfter.milliseconds / 1_000) s"
    return .unavailable(lastFailure.map { "\(silence): \($0)" } ?? silence)
  }

  /// Why a run ends all of whose accounts are parked; nil where it waits for them.
  mutating func closed(
    by parking: Parking,
    everWorked: Bool,
    at now: ContinuousClock.Instant
  ) -> StopReason? {
    if giveUpAfter != nil, !everWorked {
      switch parking.reason {
      case .credential: return .keyRefused(parking.message)
      case .billing: return .parked(parking.message)
      case .configuration: return .unavailable(parking.message)
      case .route:
        return .unavailable(
          "\(parking.message) (the provider serves nobody where this route comes out; its list of "
            + "supported regions tells where it does)"
        )
      }
    }
    let since = allParkedSince ?? now
    allParkedSince = since
    guard let parkFor, now - since >= parkFor else { return nil }
    return .parked(parking.message)
  }

  /// Why a run ends that the provider lets send nothing for so long; nil where it waits.
  ///
  /// - Parameter words: what the provider said of it.
  mutating func held(
    for wait: Duration,
    _ words: String?,
    at now: ContinuousClock.Instant
  ) -> StopReason? {
    guard let parkFor, allParkedSince != nil || wait > Self.longHold else { return nil }
    let since = allParkedSince ?? now
    allParkedSince = since
    guard now - since >= parkFor else { return nil }
    let time = "the provider asks to wait \(span(wait.seconds.rounded())) more"
    return .parked(words.map { "\(time): \($0)" } ?? time)
  }
}
