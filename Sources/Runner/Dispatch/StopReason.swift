package import Jobs

/// Why a run ended before every job had its result.
package enum StopReason: Sendable {
  /// The user asked for it.
  case interrupted
  /// The user asked twice.
  case aborted
  /// No account can be used.
  case parked(String)
  /// The provider refused every key, and none of them has ever worked.
  case keyRefused(String)
  /// No endpoint has ever answered.
  case unavailable(String)
  /// Nothing more can be sent without the risk of going over the budget.
  case budget(spent: USD, cap: USD, next: USD)
  /// There is a budget, and no price for this model.
  case unpriced(model: String)
  /// Every job failed alike; those that did are available again, unless their answers were paid for.
  case failingAlike(CommonFailure.Cause)
  /// A fault of ours; the batch is intact.
  case impossible(String)
  /// The batch file, the input or the output failed.
  case failed(any Error)
}
