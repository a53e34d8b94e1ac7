/// What keeps an account's next request waiting.
package enum WaitReason: Sendable, Equatable {
  case meter(Meter)
  /// As many requests are under way as are allowed, or as the provider works on, at a time.
  case inFlight
  /// The provider said when to ask again.
  case retryAfter
  /// It refuses everything, and does not say for how long.
  case rateLimit
  /// Its endpoints are down; one request at a time probes.
  case outage

  /// How it is called in reports.
  package var name: String {
    switch self {
    case .meter(let meter): meter.name
    case .inFlight: "in flight"
    case .retryAfter: "retry-after"
    case .rateLimit: "a rate limit"
    case .outage: "outage"
    }
  }
}
