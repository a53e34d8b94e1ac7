/// How a request ended, as far as its account learns from it.
package enum RequestEnd: Sendable, Equatable {
  /// A result, or the refusal of the job itself, which has no usage: endpoint and key work.
  case answered(usage: Usage?, elapsed: Duration)
  /// The provider asked to slow down; `wait` is its own word on how long, nil where it gives none.
  case paced(PaceCause, wait: Duration?)
  /// No good answer came.
  ///
  /// - `wait`: the provider's own word on how long the job should wait.
  /// - `answered`: whether any answer came, even a bad one.
  /// - `isAboutRequest`: false for signs of an outage: overload, unreachable.
  case failed(RetryCause, wait: Duration?, answered: Bool, isAboutRequest: Bool)
  /// The key, the account or the address was refused.
  case refused
  /// The provider serves nobody where the route comes out.
  case refusedRoute
  /// It did not leave or was cut off by us; `left` says whether the provider may have counted it.
  case cancelled(left: Bool)
}

/// What the end of a request means beyond its account.
package struct EndVerdict: Sendable, Equatable {
  /// Whether a failure is charged to the job.
  package var isCharged = false
  /// When the job may be sent again at the earliest; nil where only its own backoff counts.
  package var retryAt: ContinuousClock.Instant?
  /// Whether the same endpoint could be asked by another route.
  package var hasOtherRoute = false
  /// Whether this brings a parked account back.
  package var isBack = false
  /// Whether the request takes more of a limit than there is in a minute, so that no wait helps.
  package var isTooLarge = false

  package init() {}
}
