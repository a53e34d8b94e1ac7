/// What a response says about one limit; what it leaves out, or says in a way that makes no sense,
/// is nil.
package struct LimitStanding: Sendable, Equatable {
  /// What may be used in a ``window``, above zero.
  package var limit: Double?
  /// The span that the limit is for: a minute, unless the response tells another.
  package var window: Duration
  /// What is left of it, at least zero.
  package var remaining: Double?
  /// How long until all of it is there again, if nothing more is used.
  package var reset: Duration?
  /// `remaining` is a multiple of this: 1, or 1,000 where a provider rounds.
  package var granularity: Double

  package init(
    limit: Double? = nil,
    window: Duration = .seconds(60),
    remaining: Double? = nil,
    reset: Duration? = nil,
    granularity: Double = 1
  ) {
    self.limit = limit
    self.window = window
    self.remaining = remaining
    self.reset = reset
    self.granularity = granularity
  }
}

/// What a response says about its account's limits; nil for a meter that it does not mention.
package typealias LimitSighting = Metered<LimitStanding?>

extension Metered where Value == LimitStanding? {
  /// A response that says nothing.
  package static var nothing: LimitSighting { LimitSighting(repeating: nil) }
}
