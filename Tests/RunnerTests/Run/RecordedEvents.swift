import Runner
import Synchronization

/// A sink that keeps what it is told, and wakes a test that waits for something.
final class RecordedEvents: EventSink {
  private struct Waiter {
    let prefix: String
    let count: Int
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var events: [String] = []
    var waiting: [Waiter] = []

    func count(_ prefix: String) -> Int { events.count { $0.hasPrefix(prefix) } }
  }

  private let state = Mutex(State())

  /// Events so far that begin like this, as in `parked(account: "main", reason: "…")`.
  func count(_ prefix: String) -> Int { state.withLock { $0.count(prefix) } }

  func record(_ event: RunEvent) {
    let due = state.withLock { state in
      state.events.append("\(event)")
      let events = state.events
      let isDue = { (waiter: Waiter) in
        events.count { $0.hasPrefix(waiter.prefix) } >= waiter.count
      }
      let due = state.waiting.filter(isDue)
      state.waiting.removeAll(where: isDue)
      return due
    }
    for waiter in due { waiter.continuation.resume() }
  }

  /// Returns once so many events that begin like this have happened.
  func happened(_ prefix: String, times count: Int = 1) async {
    await withCheckedContinuation { continuation in
      let hasHappened = state.withLock { state in
        if state.count(prefix) >= count { return true }
        state.waiting.append(Waiter(prefix: prefix, count: count, continuation: continuation))
        return false
      }
      if hasHappened { continuation.resume() }
    }
  }
}
