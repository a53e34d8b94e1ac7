import Jobs
import Synchronization

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
  /// The batch file, the input or the output failed.
  case failed(any Error)
}

/// Remembers the first reason to stop and tells those who must know.
package final class RunStop: Sendable {
  private let reason = Mutex<StopReason?>(nil)
  private let handlers = Mutex<[@Sendable () -> Void]>([])

  package init() {}

  package var first: StopReason? { reason.withLock { $0 } }

  /// Adds something to do when the run stops.
  func onStop(_ handler: @escaping @Sendable () -> Void) {
    handlers.withLock { $0.append(handler) }
  }

  /// Stops the run: nothing new is sent from here on.
  package func stop(_ why: StopReason) {
    let isFirst = reason.withLock { reason in
      if case .interrupted = reason, case .aborted = why {
        reason = why
        return false
      }
      guard reason == nil else { return false }
      reason = why
      return true
    }
    guard isFirst else { return }
    for handler in handlers.withLock({ $0 }) { handler() }
  }
}
