import Synchronization

/// Remembers the first reason to stop and tells those who must know.
package final class RunStop: Sendable {
  private struct State {
    var reason: StopReason?
    var handlers: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())

  package init() {}

  package var first: StopReason? { state.withLock { $0.reason } }

  /// Adds something to do when the run stops, at once where it has stopped already.
  package func onStop(_ handler: @escaping @Sendable () -> Void) {
    let isStopped = state.withLock { state in
      if state.reason == nil { state.handlers.append(handler) }
      return state.reason != nil
    }
    if isStopped { handler() }
  }

  /// Stops the run: nothing new is sent from here on.
  package func stop(_ why: StopReason) {
    let handlers = state.withLock { state in
      if case .interrupted = state.reason, case .aborted = why { state.reason = why }
      guard state.reason == nil else { return [@Sendable () -> Void]() }
      state.reason = why
      defer { state.handlers = [] }
      return state.handlers
    }
    for handler in handlers { handler() }
  }
}
