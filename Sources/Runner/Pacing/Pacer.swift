/// Decides when an account's next request for one model may leave: a mirror of the provider's
/// buckets, as a pure value.
///
/// A request is let in when every limit has room for what it is expected to take. What it really
/// took settles the guess, and what the response's headers say draws the mirror to the truth.
package struct Pacer: Sendable {
  private static let slowStart = 100.0
  private static let frequent = 0.05
  /// So many requests in half a second tell a rate.
  private static let telling = 5.0

  private(set) var charges: ChargeModel
  private(set) var buckets: Metered<Bucket>
  private(set) var estimate: TokenEstimate
  private let origin: ContinuousClock.Instant
  private let statedInFlight: Int?
  private let inFlightGuess: Int
  private(set) var inFlight = 0
  private var lastExpected = Metered(repeating: 1.0)
  /// What the provider took lately, and what the pace was made of.
  private var history = SendHistory()
  private var paced = SendHistory()
  /// Shortest and mean time of an answer, seconds.
  private var quickest = 1.0
  private(set) var latency = 0.0
  /// How much of unused reservations stays charged, 0 to 1; learnt from the headers.
  private(set) var keptShare: Double
  private var learnedAt = 0.0
  /// Refusals among the last outcomes.
  private(set) var refusedShare = 0.0
  /// What was let through since the pacer's start, and until its last refusal.
  private(set) var passed = Metered(repeating: 0.0)
  private var passedBefore = Metered(repeating: 0.0)
  private var refusedAt: Double?
  /// Refusals for output that only reservations explain.
  private var reservationSigns = 0

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

  private func seconds(_ now: ContinuousClock.Instant) -> Double { (now - origin).seconds }

  /// The most requests at a time.
  private var inFlightLimit: Int {
    if let statedInFlight { return statedInFlight }
    return Meter.allCases.contains { buckets[$0].limit != nil } ? .max : inFlightGuess
  }

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
    let bytes = Double(shape.bytes)
    let outputClass = TokenEstimate.outputClass(shape.maxTokens)
    let (expected, held) = charges.amounts(
      input: bytes * estimate.tokensPerByte,
      output: estimate.output(of: outputClass, maxTokens: shape.maxTokens),
      maxTokens: shape.maxTokens.map(Double.init),
      keptShare: keptShare
    )
    return Charge(
      expected: expected,
      held: held,
      bytes: bytes,
      outputClass: outputClass,
      time: seconds(now)
    )
  }

  /// How long the request must wait at least, and for what; nil if it may leave now.
  package mutating func hold(
    _ charge: Charge,
    at now: ContinuousClock.Instant
  ) -> (wait: Duration, hold: Hold)? {
    advance(to: seconds(now))
    if inFlight >= inFlightLimit { return (.seconds(1), .inFlight) }
    var longest = (wait: 0.0, meter: Meter.requests)
    for meter in Meter.allCases where charge.held[meter] > 0 || charge.expected[meter] > 0 {
      let wait = buckets[meter].wait(toHold: charge.held[meter])
      if wait > longest.wait { longest = (wait, meter) }
    }
    return longest.wait > 0 ? (.seconds(min(3_600, longest.wait)), .meter(longest.meter)) : nil
  }

  /// Lets a request leave.
  package mutating func take(_ charge: Charge) {
    inFlight += 1
    lastExpected = charge.expected
    for meter in Meter.allCases {
      buckets[meter].take(expected: charge.expected[meter], held: charge.held[meter])
      passed[meter] += charge.held[meter]
    }
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
    estimate.learn(input: input, bytes: charge.bytes, output: output, of: charge.outputClass)
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
    refusedShare *= 0.97
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

  private mutating func end(
    _ charge: Charge,
    actual: Metered<Double>,
    at now: ContinuousClock.Instant
  ) {
    inFlight -= 1
    advance(to: seconds(now))
    for meter in Meter.allCases {
      let (expected, held) = (charge.expected[meter], charge.held[meter])
      buckets[meter].settle(expected: expected, held: held, actual: actual[meter])
      passed[meter] += actual[meter] - held
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

  /// The provider refused a request for its pace.
  ///
  /// - Parameters:
  ///   - meter: the limit that it names.
  ///   - sighting: what the refusal says about the limits.
  package mutating func refused(
    _ charge: Charge,
    for meter: Meter?,
    sighting: LimitSighting,
    at now: ContinuousClock.Instant
  ) {
    let time = seconds(now)
    giveBack(charge, counts: charges.countsRefusals, at: now)
    learnReservation(charge, meter, sighting)
    see(sighting, at: now)
    refusedShare += 0.03 * (1 - refusedShare)
    // Those that were under way when the first was refused say nothing new.
    if let refusedAt, charge.time <= refusedAt || time - refusedAt < 0.1 { return }
    let meter = meter ?? meterShort(of: charge, sighting)
    buckets[meter].refused(
      held: charge.held[meter],
      accepted: accepted(meter, at: time),
      isFrequent: refusedShare > Self.frequent,
      at: time
    )
    passedBefore = passed
    refusedAt = time
  }

  /// The provider asked for a slower rise: half the rate, and up again from there.
  package mutating func slowDown(at now: ContinuousClock.Instant) {
    let time = seconds(now)
    if let refusedAt, time - refusedAt < 1 { return }
    if let accepted = accepted(.requests, at: time) {
      buckets.requests.fall(to: accepted / 2, at: time)
    }
    passedBefore = passed
    refusedAt = time
  }

  /// What the provider let through a second; nil where too little was sent to tell.
  ///
  /// Between two refusals, when its bucket was empty, this is its limit.
  private mutating func accepted(_ meter: Meter, at time: Double) -> Double? {
    if let refusedAt, time - refusedAt < 60 {
      let through = passed[meter] - passedBefore[meter]
      return through > 0 ? through / (time - refusedAt) : nil
    }
    let span = min(SendHistory.span, max(0.1, time))
    let requests = history.sum(of: .requests, since: time - span, at: time)
    guard requests >= Self.telling else { return nil }
    return paced.sum(of: meter, since: time - span, at: time) / span
  }

  /// The limit that a refusal is most likely about, where it names none.
  private func meterShort(of charge: Charge, _ sighting: LimitSighting) -> Meter {
    Meter.allCases.first { meter in
      guard let remaining = sighting[meter]?.remaining else { return false }
      return remaining < max(charge.held[meter], meter == .outputTokens ? 1 : 0)
    } ?? .requests
  }

  /// Where output counts as it is produced, no request is refused while output is left.
  private mutating func learnReservation(
    _ charge: Charge,
    _ meter: Meter?,
    _ sighting: LimitSighting
  ) {
    guard charges.output == .produced, !charges.sharesTokens, meter == .outputTokens,
      let standing = sighting.outputTokens, let remaining = standing.remaining,
      remaining >= max(2, standing.granularity)
    else { return }
    reservationSigns += 1
    if reservationSigns >= 2 { charges.output = .reserved }
  }
}
