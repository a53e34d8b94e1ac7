/// What one request takes from an account's limits.
package struct Cost: Sendable, Equatable {
  package var inputTokens: Double
  package var outputTokens: Double

  package init(inputTokens: Double, outputTokens: Double) {
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
  }
}

/// Decides when an account's next request may leave.
///
/// Requests, input tokens and output tokens each have a bucket. Output is charged at the running
/// mean of what came back and settled with the real usage, because reserving `max_tokens` would
/// leave most of the rate unused.
package struct Pacer: Sendable {
  private static let longestBackoff = 60.0

  private var requests: TokenBucket?
  private var inputTokens: TokenBucket?
  private var outputTokens: TokenBucket?
  private var heldUntil: ContinuousClock.Instant?
  private var refusals = 0
  private var meanOutput: Double

  /// - Parameter expectedOutput: tokens that an answer is taken to have before the first one came.
  package init(limits: RateLimits, expectedOutput: Double, at now: ContinuousClock.Instant) {
    requests = limits.requestsPerMinute.map { TokenBucket(perMinute: $0, at: now) }
    inputTokens = limits.inputTokensPerMinute.map { TokenBucket(perMinute: $0, at: now) }
    outputTokens = limits.outputTokensPerMinute.map { TokenBucket(perMinute: $0, at: now) }
    meanOutput = expectedOutput
  }

  /// True while a refusal by the provider keeps the account waiting.
  package func isHeld(at now: ContinuousClock.Instant) -> Bool {
    heldUntil.map { $0 > now } ?? false
  }

  /// When a request could leave if it were the next one.
  package func earliest(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    [requests, inputTokens, outputTokens].compactMap { $0?.earliest(at: now) }
      .reduce(max(now, heldUntil ?? now), max)
  }

  /// Takes a request's estimated cost from every bucket.
  ///
  /// - Parameter inputTokens: estimated tokens of the prompt.
  /// - Returns: what was charged, to be settled later, and when the request may leave.
  package mutating func reserve(inputTokens estimate: Double, at now: ContinuousClock.Instant)
    -> (cost: Cost, leavesAt: ContinuousClock.Instant)
  {
    let cost = Cost(inputTokens: estimate, outputTokens: meanOutput)
    let leavesAt = earliest(at: now)
    requests?.take(1, at: now)
    inputTokens?.take(cost.inputTokens, at: now)
    outputTokens?.take(cost.outputTokens, at: now)
    return (cost, leavesAt)
  }

  /// Settles a charge with what the provider counted.
  package mutating func settle(_ charged: Cost, with actual: Cost) {
    inputTokens?.settle(actual.inputTokens - charged.inputTokens)
    outputTokens?.settle(actual.outputTokens - charged.outputTokens)
    meanOutput += 0.05 * (actual.outputTokens - meanOutput)
    refusals = 0
  }

  /// Gives back the charge of a request that was refused or never left.
  ///
  /// - Parameter neverLeft: true to give back its place among the requests too: those that wait
  ///   through a hold ask anew, and would otherwise be counted twice.
  package mutating func giveBack(_ charged: Cost, neverLeft: Bool = false) {
    if neverLeft { requests?.settle(-1) }
    inputTokens?.settle(-charged.inputTokens)
    outputTokens?.settle(-charged.outputTokens)
  }

  /// The provider said "not now": nothing leaves before it is allowed again, however long that is.
  ///
  /// - Parameters:
  ///   - wait: what the provider asked for; nil where it named no time, then the wait doubles with
  ///     each refusal in a row up to a minute.
  ///   - random: uniform in 0 ..< 1, spreads the waits that the provider did not name.
  package mutating func refused(
    for wait: Duration?,
    at now: ContinuousClock.Instant,
    random: Double
  ) {
    if wait == nil, isHeld(at: now) { return }
    refusals = min(refusals + 1, 16)
    let backoff = min(Self.longestBackoff, 0.5 * Double(1 << refusals))
    let until = now + (wait ?? .seconds(backoff * (0.5 + random / 2)))
    heldUntil = max(heldUntil ?? until, until)
  }
}
