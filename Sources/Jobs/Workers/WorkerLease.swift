/// Whether a worker may still start work, judged by its own clock: others take its jobs over once
/// its lease has ended, so it stops a margin before that, until it is heard again.
///
/// A pure value. Instants are of a clock that never steps.
package struct WorkerLease: Sendable {
  /// How long the lease is proven from each time the worker asked for it; nil for one that nobody
  /// can take over.
  private let proven: Duration?
  private var end: ContinuousClock.Instant

  /// - Parameters:
  ///   - length: of the lease; nil for a worker that owns its batch alone.
  ///   - now: when the lease was asked for.
  package init(length: Duration?, at now: ContinuousClock.Instant) {
    proven = length.map { $0 * 5 / 6 }
    end = proven.map { now + $0 } ?? now
  }

  /// How often the worker should be heard; nil for never.
  package var interval: Duration? { proven.map { $0 / 3 } }

  /// The store has heard the worker.
  ///
  /// - Parameter asked: when it spoke, not when the answer came.
  package mutating func renew(asked: ContinuousClock.Instant) {
    guard let proven else { return }
    end = max(end, asked + proven)
  }

  /// True while nobody else can have taken the jobs over.
  package func isProven(at now: ContinuousClock.Instant) -> Bool {
    proven == nil || now < end
  }
}
