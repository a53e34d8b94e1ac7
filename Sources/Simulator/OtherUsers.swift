import Glibc

/// The other users of an organisation, who draw on the same limits.
package struct OtherUsers: Equatable, Sendable {
  /// The share of every rate that they take, from 0 to below 1.
  let share: Double
  /// Whether they take it in portions at random times, as requests do, or evenly.
  let isRandom: Bool

  static let nobody = OtherUsers(share: 0, isRandom: false)

  private init(share: Double, isRandom: Bool) {
    self.share = share
    self.isRandom = isRandom
  }

  /// Reads `SHARE` or `poisson:SHARE`.
  init?(parsing text: String) {
    let prefix = "poisson:"
    let isRandom = text.hasPrefix(prefix)
    guard let share = Double(isRandom ? String(text.dropFirst(prefix.count)) : text),
      share >= 0, share < 1
    else { return nil }
    self.init(share: share, isRandom: isRandom)
  }

  /// The share that they take evenly.
  var evenShare: Double { isRandom ? 0 : share }

  /// The text that is read as these users.
  var text: String { "\(isRandom ? "poisson:" : "")\(share)" }
}

/// The requests of other users: a Poisson process, each request of an exponential size.
struct OtherRequests: Sendable {
  private var generator: SeededGenerator
  /// When the next one comes; nil while nobody sends any.
  private var next: Duration?
  private var perSecond = 0.0
  private var share = 0.0

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  /// Starts or stops them.
  ///
  /// - Parameter requestsPerMinute: The account's limit; without one they send ten a second.
  mutating func change(to users: OtherUsers, requestsPerMinute: Int?, at now: Duration) {
    share = users.isRandom ? users.share : 0
    perSecond = requestsPerMinute.map { Double($0) / 60 * share } ?? 10
    next = share > 0 && perSecond > 0 ? now + .seconds(pause()) : nil
  }

  /// The next request that is due, and how many requests' worth of tokens it takes.
  mutating func popRequest(until now: Duration) -> (time: Duration, size: Double)? {
    guard let time = next, time <= now else { return nil }
    next = time + .seconds(pause())
    return (time, exponential())
  }

  /// What a request of size 1 takes from a meter of this rate.
  func portion(ofPerMinute rate: Int) -> Double {
    Double(rate) / 60 * share / perSecond
  }

  private mutating func pause() -> Double { exponential() / perSecond }

  /// An exponential number of mean 1; 1 - u keeps the logarithm finite.
  private mutating func exponential() -> Double { -log(1 - generator.fraction()) }
}
