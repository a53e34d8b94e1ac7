/// What keeps an account's next request waiting.
package enum Hold: Sendable, Equatable {
  case meter(Meter)
  /// As many requests are under way as are allowed at a time.
  case inFlight
  /// The provider said when to ask again.
  case retryAfter
  /// The provider is overloaded, so that we go slowly.
  case overload
  /// Its endpoints are down; one request at a time probes.
  case outage
}
