/// Decides when an account's next request for one model may leave: a mirror of the provider's
/// buckets, as a pure value.
///
/// A request is let in when every limit has room for what it is expected to take. What it really
/// took settles the guess, and what the response's headers say draws the mirror to the truth.
package struct Pacer: Sendable {
  /// Requests a second at first, while no answer has shown what is allowed.
  private static let slowStart = 100.0
  /// So many requests in half a second tell a rate.
  static let telling = 5.0
  static let frequent = 0.05
  /// Seconds between refusals that are dear.
  static let soon = 15.0
  /// Refusals of nearly everything, each sent after the last was known, before all waits.
  static let patience = 3
  static let longestBackoff = 60.0
  /// An outcome counts for so much of the share of overloads.
  static let recent = 0.02

  var charges: ChargeModel
  var buckets: Metered<Bucket>
  private(set) var estimate: TokenEstimate
  private let origin: ContinuousClock.Instant
  private let statedInFlight: Int?
  private let inFlightGuess: Int
  private(set) var inFlight = 0
  var concurrency = ConcurrencyLimit()
  /// When a meter last held a request back.
  private var pacedAt = -Double.infinity
  /// The sum of the times at which the requests left that are under way.
  var departures = 0.0
  /// Nothing leaves meanwhile: the provider's own word, or ours where it refuses everything.
  var held: (since: ContinuousClock.Instant, until: ContinuousClock.Instant, isAsked: Bool)?
  /// Whether one request at a time finds out if a long wait is over.
  var isTrial = false
  /// Seconds that it was held for, in all and until the last refusal.
  var heldSeconds = 0.0
  var heldBefore = 0.0
  /// Refusals in a row, each sent after the last was known.
  var refusals = 0
  private var lastExpected = Metered(repeating: 1.0)
  /// What the provider would take of what was sent lately, and what the pace was made of.
  var history = SendHistory()
  var paced = SendHistory()
  /// Shortest and mean time of an answer, seconds.
  private var quickest = 1.0
  private(set) var latency = 0.0
  /// How much of unused reservations stays charged, 0 to 1; learnt from the headers.
  private(set) var keptShare: Double
  private var learnedAt = 0.0
  /// What was sent since the last refusal, and when that was.
  var sent = Metered(repeating: 0.0)
  var sentRequests = 0.0
  var refusedAt: Double?
  /// Refusals among the last outcomes.
  var refusedShare = 0.0
  /// How many of the last requests met an overload, as a share.
  var overloadShare = 0.0
  /// Refusals for output that only reservations explain.
  var reservationSigns = 0

  /// - Parameters:
  ///   - charges: how the provider counts; the limits' own word on output goes first.
  ///   - expectedOutput: tokens that an answer is taken to have before the first one came.
  ///   - inFlightGuess: the most requests at a time while neither the owner nor a header has stated
  ///     any limit.
  package init(
    limits: RateLimits,
    charges: ChargeModel,
    expectedOutput: Double,
    inFlightGuess: Int = .max,
    at now: ContinuousClock.Instant
  ) {
    var charges = charges
    if let output = limits.outputCharge { charges.output = output }
    self.charges = charges
    origin = now
    statedInFlight = limits.inFlight
    self.inFlightGuess = inFlightGuess
    estimate = TokenEstimate(expectedOutput: expectedOutput)
    // OpenAI's own rule is that nothing comes back.
    keptShare = charges.sharesTokens && charges.output == .reserved ? 1 : 0
    buckets = Metered(repeating: Bucket(perMinute: nil, isCeiling: limits.isCeiling))
    let stated = Self.stated(limits, sharesTokens: charges.sharesTokens)
    for (meter, rate) in stated {
      buckets[meter] = Bucket(perMinute: rate, isCeiling: limits.isCeiling)
    }
    // What was stated may be wrong: nothing is sure before the first answer.
    buckets.requests.search(startingAt: Self.slowStart)
  }

  private static func stated(_ limits: RateLimits, sharesTokens: Bool) -> [(Meter, Int)] {
    let (input, output) = (limits.inputTokensPerMinute, limits.outputTokensPerMinute)
    let both = input == nil && output == nil ? nil : (input ?? 0) + (output ?? 0)
    let rates: [(Meter, Int?)] = [
      (.requests, limits.requestsPerMinute), (.inputTokens, sharesTokens ? nil : input),
      (.outputTokens, sharesTokens ? nil : output), (.tokens, sharesTokens ? both : nil),
    ]
    return rates.compactMap { meter, rate in rate.map { (meter, $0) } }
  }

  func seconds(_ now: ContinuousClock.Instant) -> Double { (now - origin).seconds }

  /// The most requests at a time.
  private var inFlightLimit: Int {
    if let statedInFlight { return statedInFlight }
    return knowsLimits ? .max : inFlightGuess
  }

  private var knowsLimits: Bool { Meter.allCases.contains { buckets[$0].limit != nil } }

  /// Requests like the last one that it allows itself in a second; nil where nothing limits them.
  var requestRate: Double? {
    Meter.allCases.compactMap { meter in
      lastExpected[meter] > 0 ? buckets[meter].rate.map { $0 / lastExpected[meter] } : nil
    }.min()
  }

  private mutating func advance(to time: Double) {
    for meter in Meter.allCases { buckets[meter].advance(to: time) }
  }

  /// What a request would take now.
  package func charge(for shape: RequestShape, at now: ContinuousClock.Instant) -> Charge {
    let (text, attached) = (Double(shape.textBytes), shape.attached?.tokens.expected)
    let outputClass = TokenEstimate.outputClass(shape.maxTokens)
    let (expected, held) = charges.amounts(
      input: text * estimate.tokensPerByte + Double(attached ?? 0),
      output: estimate.output(of: outputClass, maxTokens: shape.maxTokens),
      maxTokens: shape.maxTokens.map(Double.init),
      keptShare: keptShare
    )
    return Charge(
      expected: expected,
      held: held,
      bytes: attached == nil ? text : 0,
      outputClass: outputClass,
      level: inFlight + 1,
      time: seconds(now)
    )
  }

  /// How long the request must wait at least, and for what; nil if it may leave now.
  package mutating func hold(
    _ charge: Charge,
    at now: ContinuousClock.Instant
  ) -> (wait: Duration, reason: WaitReason)? {
    if let held, held.until > now {
      return (held.until - now, held.isAsked ? .retryAfter : .rateLimit)
    }
    if isTrial, inFlight > 0 { return (.seconds(1), .retryAfter) }
    let time = seconds(now)
    advance(to: time)
    if inFlight >= min(inFlightLimit, concurrency.limit(rising: !knowsLimits, at: time)) {
      return (inFlight >= inFlightLimit ? .seconds(1) : .milliseconds(50), .inFlight)
    }
    var longest = (wait: 0.0, meter: Meter.requests)
    for meter in Meter.allCases where charge.held[meter] > 0 || charge.expected[meter] > 0 {
      let wait = buckets[meter].wait(toHold: charge.held[meter])
      if wait > longest.wait { longest = (wait, meter) }
    }
    if longest.wait > 0 { pacedAt = time }
    return longest.wait > 0 ? (.seconds(min(3_600, longest.wait)), .meter(longest.meter)) : nil
  }

  /// Lets a request leave.
  package mutating func take(_ charge: Charge) {
    inFlight += 1
    departures += charge.time
    lastExpected = charge.expected
    for meter in Meter.allCases {
      buckets[meter].take(expected: charge.expected[meter], held: charge.held[meter])
      sent[meter] += charge.expected[meter]
    }
    sentRequests += 1
    concurrency.sent(at: charge.level, charge.time)
    history.add(charge.held, at: charge.time)
    paced.add(charge.expected, at: charge.time)
  }

  /// A request is over and used this.
  ///
  /// - Parameter input: tokens that count towards the limit, without those read from a cache where
  ///   the provider does not count them.
  package mutating func settle(
    _ charge: Charge,
    input: Double,
    output: Double,
    elapsed: Duration,
    at now: ContinuousClock.Instant
  ) {
    let told = charge.bytes > 0 ? input : 0
    estimate.learn(input: told, bytes: charge.bytes, output: output, of: charge.outputClass)
    let elapsed = elapsed.seconds
    quickest = min(quickest, elapsed)
    latency += (latency == 0 ? 1 : 0.05) * (elapsed - latency)
    buckets.outputTokens.latency = latency
    var actual = Metered(repeating: 0.0)
    actual.requests = 1
    actual.inputTokens = input
    actual.outputTokens = charges.output == .input ? 0 : output
    actual.tokens = charges.final(
      input: input,
      output: output,
      held: charge.held.tokens,
      keptShare: keptShare
    )
    end(charge, actual: actual, at: now)
    letThrough(charge, isResult: true, at: now)
  }

  /// A request was answered with the refusal of its job.
  package mutating func refusedItself(_ charge: Charge, at now: ContinuousClock.Instant) {
    giveBack(charge, counts: true, at: now)
    letThrough(charge, isResult: false, at: now)
  }

  private mutating func letThrough(
    _ charge: Charge,
    isResult: Bool,
    at now: ContinuousClock.Instant
  ) {
    refusals = 0
    isTrial = false
    refusedShare *= 0.97
    overloadShare *= 1 - Self.recent
    let time = seconds(now)
    concurrency.answered(
      at: charge.level,
      after: isResult ? time - charge.time : nil,
      isPaced: pacedAt > charge.time - 1,
      time
    )
    for meter in Meter.allCases { buckets[meter].answered(sentAt: charge.time) }
  }

  /// A request ended without a result.
  ///
  /// - Parameter counts: whether it counts as a request all the same.
  package mutating func giveBack(
    _ charge: Charge,
    counts: Bool,
    at now: ContinuousClock.Instant
  ) {
    var actual = Metered(repeating: 0.0)
    if counts { actual.requests = 1 }
    end(charge, actual: actual, at: now)
  }

  /// A request was refused: it keeps its part of our pace, so that refusals do not make haste.
  mutating func end(refused charge: Charge, at now: ContinuousClock.Instant) {
    var actual = Metered(repeating: 0.0)
    if charges.countsRefusals { actual.requests = 1 }
    end(charge, actual: actual, paced: charge.expected, at: now)
  }

  private mutating func end(
    _ charge: Charge,
    actual: Metered<Double>,
    paced: Metered<Double>? = nil,
    at now: ContinuousClock.Instant
  ) {
    inFlight -= 1
    departures = inFlight == 0 ? 0 : departures - charge.time
    advance(to: seconds(now))
    for meter in Meter.allCases {
      let (expected, held) = (charge.expected[meter], charge.held[meter])
      buckets[meter].settle(
        expected: expected,
        held: held,
        actual: actual[meter],
        paced: paced?[meter]
      )
    }
  }

  /// Whether a request takes more of a limit than there is in a minute, so that no wait helps.
  package func isTooLarge(_ charge: Charge, for meter: Meter?) -> Bool {
    Meter.allCases.contains { each in
      guard each != .requests, meter == nil || meter == each, let limit = buckets[each].limit
      else { return false }
      return charge.held[each] > 60 * limit
    }
  }

  /// Takes in what a response says about the limits.
  ///
  /// - Parameter charge: that of the request which it answers, where it was let in.
  package mutating func see(
    _ sighting: LimitSighting,
    after charge: Charge? = nil,
    at now: ContinuousClock.Instant
  ) {
    guard sighting != .nothing else { return }
    let time = seconds(now)
    advance(to: time)
    for meter in Meter.allCases {
      guard let standing = sighting[meter] else { continue }
      let newer = history.sum(of: meter, since: time - quickest / 2, at: time)
      let own = charge.map { (held: $0.held[meter], elapsed: time - $0.time) } ?? (0, 0)
      buckets[meter].see(standing, newer: newer, own: own, at: time)
    }
    learnKeptShare(at: time)
  }

  /// Reservations that come back leave the provider's bucket full at a pace that takes them for
  /// lost; those that do not, drain it at a pace that takes them for returned.
  private mutating func learnKeptShare(at time: Double) {
    guard charges.sharesTokens, charges.output == .reserved, let share = buckets.tokens.share else {
      return
    }
    let passed = min(1, time - learnedAt)
    learnedAt = time
    keptShare = min(1, max(0, keptShare - 0.25 * passed * (share - 0.6)))
  }
}
